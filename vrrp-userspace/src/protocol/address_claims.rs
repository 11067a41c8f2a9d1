//! Who else says that our addresses are theirs, and does it mean anything?
//!
//! Claims and advertisements reach us in no particular order, so a claim is judged an interval after it was made: by then the advertisement that
//! explains it has come, if there is one.

use std::{collections::BTreeMap, fmt, net::IpAddr, time::Duration};

use super::{Monotonic, State};

/// A hardware address.
pub type HardwareAddress = [u8; 6];

/// However short the interval: a node that steps down speaks for its addresses until it has removed them.
pub const LEAST_WINDOW: Duration = Duration::from_secs(1);

/// Claims that wait to be judged; more are not kept, since the first ones say it all.
const MOST_PENDING: usize = 1024;

/// An ARP packet whose sender address is one of ours and whose hardware address is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// When it arrived.
    pub at: Monotonic,
    /// Whose address: the number of the router.
    pub slot: usize,
    /// Where: our number for the interface.
    pub port: u16,
    /// Which address.
    pub address: IpAddr,
    /// Who says so.
    pub by: HardwareAddress,
}

/// What a claim turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// The claim.
    pub claim: Claim,
    /// Who should have the address: us, or somebody of another hardware address.
    pub rightful: Rightful,
}

/// Who should have an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rightful {
    /// We are Active.
    Us,
    /// Somebody else is, and uses this hardware address.
    Other(HardwareAddress),
}

/// What is known about a router's election.
#[derive(Debug, Clone, Copy, Default)]
struct Election {
    is_active: bool,
    is_backup: bool,
    /// When it last changed who is Active, as far as this router knows.
    changed: Monotonic,
}

/// The claims of all routers.
#[derive(Debug, Default)]
pub struct AddressClaims {
    elections: BTreeMap<usize, Election>,
    /// Who claims the addresses of a router on an interface while somebody else is Active.
    learned: BTreeMap<(usize, u16), HardwareAddress>,
    pending: Vec<(Claim, Monotonic)>,
}

impl AddressClaims {
    /// A router has changed its state.
    pub fn transition(&mut self, slot: usize, to: State, now: Monotonic) {
        let election = self.elections.entry(slot).or_default();
        election.is_active = to == State::Active;
        election.is_backup = to == State::Backup;
        election.changed = now;
        self.learned.retain(|(of, _), _| *of != slot);
    }

    /// A Backup hears another Active Router than before.
    pub fn active_router_changed(&mut self, slot: usize, now: Monotonic) {
        self.elections.entry(slot).or_default().changed = now;
    }

    /// Takes a claim in at `now`; it will be judged after `interval`, the time in which an advertisement must come, and not earlier than
    /// [`LEAST_WINDOW`] from now: who slept hears the claim before the advertisement that explains it.
    pub fn claimed(&mut self, claim: Claim, now: Monotonic, interval: Duration) {
        let election = self.elections.get(&claim.slot).copied().unwrap_or_default();
        let key = (claim.slot, claim.port);
        let is_expected = if election.is_backup {
            *self.learned.entry(key).or_insert(claim.by) == claim.by
        } else {
            !election.is_active
        };
        let is_known = self.pending.iter().any(|(other, _)| {
            (other.slot, other.port, other.address, other.by)
                == (claim.slot, claim.port, claim.address, claim.by)
        });
        if !is_expected && !is_known && self.pending.len() < MOST_PENDING {
            let judged = now.max(claim.at) + interval.max(LEAST_WINDOW);
            self.pending.push((claim, judged));
        }
    }

    /// When to come back with [`Self::judge`], if a claim waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        self.pending.iter().map(|(_, judged)| *judged).min()
    }

    /// Judges the claims whose time has come.
    pub fn judge(&mut self, now: Monotonic) -> Vec<Alarm> {
        let pending = std::mem::take(&mut self.pending);
        let (due, waiting) = pending.into_iter().partition(|(_, judged)| *judged <= now);
        self.pending = waiting;
        let due: Vec<(Claim, Monotonic)> = due;
        due.into_iter()
            .filter_map(|(claim, judged)| self.verdict(claim, judged))
            .collect()
    }

    fn verdict(&mut self, claim: Claim, judged: Monotonic) -> Option<Alarm> {
        let election = *self.elections.get(&claim.slot)?;
        let interval = judged.since(claim.at);
        // An election within an interval of the claim, before or after, explains it.
        let is_explained = election.changed + interval >= claim.at;
        if election.is_active {
            return (!is_explained).then_some(Alarm {
                claim,
                rightful: Rightful::Us,
            });
        }
        if !election.is_backup {
            return None;
        }
        let key = (claim.slot, claim.port);
        let rightful = *self.learned.entry(key).or_insert(claim.by);
        if rightful == claim.by {
            return None;
        }
        if is_explained {
            self.learned.insert(key, claim.by);
            return None;
        }
        Some(Alarm {
            claim,
            rightful: Rightful::Other(rightful),
        })
    }
}

/// `02:00:00:00:00:01`
#[derive(Debug, Clone, Copy)]
pub struct Colons(pub HardwareAddress);

impl fmt::Display for Colons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: HardwareAddress = [2, 0, 0, 0, 0, 9];
    const STRANGER: HardwareAddress = [2, 0, 0, 0, 0, 0x66];
    const INTERVAL: Duration = Duration::from_secs(1);

    #[test]
    fn a_claim_while_active_is_an_alarm_an_interval_later() {
        let mut claims = at_rest(State::Active);
        claims.claimed(claim(10, STRANGER), second(10), INTERVAL);
        assert_eq!(claims.judge(second(10)), []);
        let alarms = claims.judge(second(11));
        assert_eq!(alarms.len(), 1);
        assert_eq!(alarms[0].rightful, Rightful::Us);
        assert_eq!(claims.deadline(), None);
    }

    #[test]
    fn a_claim_that_a_better_router_explains_is_none() {
        let mut claims = at_rest(State::Active);
        claims.claimed(claim(10, PEER), second(10), INTERVAL);
        claims.transition(0, State::Backup, second(10) + Duration::from_millis(5));
        assert_eq!(claims.judge(second(11)), []);
    }

    #[test]
    fn the_late_claims_of_the_router_before_us_are_explained_by_our_takeover() {
        let mut claims = at_rest(State::Active);
        claims.transition(0, State::Active, second(9));
        claims.claimed(claim(10, PEER), second(10), INTERVAL);
        assert_eq!(claims.judge(second(11)), []);
    }

    #[test]
    fn a_backup_learns_who_has_the_addresses_and_notices_a_stranger() {
        let mut claims = at_rest(State::Backup);
        claims.claimed(claim(10, PEER), second(10), INTERVAL);
        claims.claimed(claim(12, PEER), second(12), INTERVAL);
        claims.claimed(claim(14, STRANGER), second(14), INTERVAL);
        let alarms = claims.judge(second(15));
        assert_eq!(alarms.len(), 1);
        assert_eq!(alarms[0].rightful, Rightful::Other(PEER));
    }

    #[test]
    fn a_backup_learns_anew_when_the_active_router_changes() {
        let mut claims = at_rest(State::Backup);
        claims.claimed(claim(10, PEER), second(10), INTERVAL);
        claims.claimed(claim(20, STRANGER), second(20), INTERVAL);
        claims.active_router_changed(0, second(20) + Duration::from_millis(300));
        assert_eq!(claims.judge(second(21)), []);
        claims.claimed(claim(30, STRANGER), second(30), INTERVAL);
        assert_eq!(claims.judge(second(31)), []);
    }

    #[test]
    fn a_stopped_router_has_nothing_to_defend() {
        let mut claims = at_rest(State::Initialize);
        claims.claimed(claim(10, PEER), second(10), INTERVAL);
        assert_eq!(claims.judge(second(12)), []);
    }

    #[test]
    fn who_slept_waits_for_the_explanation() {
        let mut claims = at_rest(State::Active);
        claims.claimed(claim(10, PEER), second(17), INTERVAL);
        assert_eq!(claims.judge(second(17)), []);
        claims.transition(0, State::Backup, second(17));
        assert_eq!(claims.judge(second(18)), []);
    }

    #[test]
    fn a_flood_of_claims_is_one_alarm() {
        let mut claims = at_rest(State::Active);
        for _ in 0..10_000 {
            claims.claimed(claim(10, STRANGER), second(10), INTERVAL);
        }
        assert_eq!(claims.judge(second(11)).len(), 1);
    }

    fn second(count: u64) -> Monotonic {
        Monotonic::from_nanos(1_000_000_000_000) + Duration::from_secs(count)
    }

    fn at_rest(state: State) -> AddressClaims {
        let mut claims = AddressClaims::default();
        claims.transition(0, state, second(0));
        claims
    }

    fn claim(at: u64, by: HardwareAddress) -> Claim {
        Claim {
            at: second(at),
            slot: 0,
            port: 1,
            address: IpAddr::from([192, 168, 0, 5]),
            by,
        }
    }
}
