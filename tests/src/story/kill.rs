//! The Active node's daemon dies without a warning.

use std::time::Duration;

use super::Handover;
use crate::binaries::Daemon;
use crate::condition::within;
use crate::lab::Lab;
use crate::moment::Moment;
use crate::node::Node;
use crate::seeds::{active_down_interval, skew_time};

/// What became of the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Killed {
    /// How they moved.
    pub handover: Handover,
    /// When the dead node had let go of them; keepalived leaves them until it is started again.
    pub released: Option<Duration>,
}

/// The Active node's daemon is killed. Ours leaves a guard that removes the addresses and says farewell;
/// keepalived leaves the addresses, and a silence that lasts a whole Active_Down_Interval.
#[track_caller]
pub fn active_is_killed(lab: &Lab, active: &Node, backup: &Node) -> Killed {
    let killed = Moment::now();
    active.kill_daemon();
    let released = (active.daemon() == Daemon::Xvrrpd).then(|| {
        within(
            Duration::from_secs(1),
            "the guard removes the addresses",
            || active.holds_no_address(),
        );
        Moment::now().since(killed)
    });

    let handover = Handover::watch(lab, active, backup, killed, Duration::from_secs(6));
    let priority = backup.identity().priority;
    match active.daemon() {
        Daemon::Xvrrpd => {
            assert!(handover.farewell, "the guard says farewell for the dead");
            handover.lasted(skew_time(priority));
        }
        Daemon::Keepalived => handover.lasted(active_down_interval(priority)),
    }
    Killed { handover, released }
}
