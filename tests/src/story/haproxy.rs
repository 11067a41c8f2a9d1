//! What the seeds' script does about a dead HAProxy.

use std::time::Duration;

use super::{Calm, Handover};
use crate::condition::within;
use crate::lab::Lab;
use crate::moment::Moment;
use crate::node::Node;
use crate::seeds::{SCRIPT_NOTICES, skew_time};

/// HAProxy is killed; the script starts it again, and no node changes its role. Returns how long that took.
#[track_caller]
pub fn script_heals_haproxy(lab: &Lab, node: &Node) -> Duration {
    let calm = Calm::now(lab);
    let killed = Moment::now();
    node.kill_haproxy();

    within(SCRIPT_NOTICES, "the script starts HAProxy again", || {
        node.haproxy_runs()
    });
    let healed = Moment::now().since(killed);
    let answers = || lab.client.answered_by().as_deref() == Some(node.name());
    within(
        Duration::from_secs(2),
        "the client has its page again",
        answers,
    );
    assert!(
        calm.lasts(),
        "a healed HAProxy is no reason to change a role"
    );
    healed
}

/// HAProxy is killed and cannot start; the script stops the daemon, which says farewell, and the other node
/// takes over a skew time later.
#[track_caller]
pub fn script_stops_the_daemon(lab: &Lab, active: &Node, backup: &Node) -> Handover {
    let killed = Moment::now();
    active.break_haproxy();
    active.kill_haproxy();

    let limit = SCRIPT_NOTICES + Duration::from_secs(5);
    let handover = Handover::watch(lab, active, backup, killed, limit);
    active.wait_until_ended();
    assert!(
        active.holds_no_address(),
        "a node whose daemon was stopped holds no address"
    );
    assert!(handover.farewell, "who is stopped says so with priority 0");
    handover.lasted(skew_time(backup.identity().priority));
    handover
}
