//! A stranger speaks in the name of a router.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Calm;
use crate::binaries::Daemon;
use crate::condition::{eventually, found_within, never};
use crate::forge::{Forged, STRANGER, gratuitous_arp};
use crate::host::Volley;
use crate::lab::Lab;
use crate::moment::Moment;
use crate::node::Node;
use crate::seeds::ADDRESSES;

/// From where the stranger's adverts pretend to come.
pub const STRANGER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 89, 0, 66);

/// What a machine with much else to do may keep a client waiting although no address moves. Where the Active node is
/// taken for dead, a client of the seeds waits longer than three seconds.
pub const HICCUP: Duration = Duration::from_secs(2);

/// What a flood of forged advertisements did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flood {
    /// How many were sent.
    pub sent: u32,
    /// How many of them each node that counts has counted as rejected, by name.
    pub rejected: Vec<(&'static str, u64)>,
    /// The longest time the client had to wait for a page meanwhile.
    pub unanswered: Duration,
}

/// Two hundred adverts a second of a better priority with a wrong password, for four seconds: no node changes its
/// role, the client notices nothing, and the programs in the kernel, where there are any, have counted all of them.
#[track_caller]
pub fn flood_changes_nothing(lab: &Lab) -> Flood {
    let calm = Calm::now(lab);
    let counting: Vec<_> = [&lab.r1, &lab.r2]
        .into_iter()
        .filter(|node| node.daemon() == Daemon::Xvrrpd && node.xdp_program("eth0").is_some())
        .map(|node| (node, node.counter(WRONG_PASSWORD)))
        .collect();
    let began = Moment::now();
    let volley = Volley {
        frames: vec![wrong_password()],
        count: 800,
        per_second: 200,
    };
    let sending = lab.host.begin_to_send("eth0", &volley);
    never(
        Duration::from_secs(4),
        "a role changes for a forged advert",
        || !calm.lasts(),
    );
    sending.finish();

    let rejected = counting.iter().map(|(node, before)| {
        let counted = || node.counter(WRONG_PASSWORD) - before;
        eventually("every forged advert is counted", || {
            counted() >= u64::from(volley.count)
        });
        (node.name(), counted())
    });
    let rejected = rejected.collect();
    assert!(calm.lasts(), "a role changed for a forged advert");
    let unanswered = lab
        .client
        .longest_gap(began)
        .map_or(Duration::ZERO, |gap| gap.length());
    Flood {
        sent: volley.count,
        rejected,
        unanswered,
    }
}

/// Somebody claims a virtual address for himself: nothing changes, but a daemon of ours that is Active raises an
/// alarm. Returns the line that names address and claimant.
#[track_caller]
pub fn claim_is_an_alarm(lab: &Lab, active: &Node) -> Option<String> {
    let calm = Calm::now(lab);
    lab.host
        .send("eth1", &Volley::once(gratuitous_arp(ADDRESSES[0])));
    let (address, claimant) = (ADDRESSES[0].to_string(), STRANGER.to_string());
    let alarm = (active.daemon() == Daemon::Xvrrpd).then(|| {
        found_within(
            Duration::from_secs(5),
            "an alarm names address and claimant",
            || active.line_with(&[ALARM, &address, &claimant]),
        )
    });
    assert!(calm.lasts(), "a claim is no reason to change a role");
    alarm
}

/// What every alarm about a foreign claim says.
pub const ALARM: &str = "claims";

/// An advert that would be believed but for its password.
#[must_use]
pub fn wrong_password() -> Vec<u8> {
    Forged::advertisement(STRANGER_ADDRESS)
        .password(*b"guessed\0")
        .frame()
}

/// The counter of adverts that did not know the password.
pub(super) const WRONG_PASSWORD: &str = "authentication_failure";
