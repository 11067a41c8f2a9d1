//! Losses of carrier that we brought about ourselves.
//!
//! Some network cards restart when a program is put into their driver, and are off the network for seconds. That is no fault of the
//! interface, and no reason to step down. But it is not worth having twice: an interface that has once lost its carrier that way gets no program
//! again without being asked for anew. Pure: what happened and when comes in.

use std::{collections::BTreeMap, time::Duration};

use crate::protocol::Monotonic;

/// A carrier that goes within this time after we attached a program went because of that: a driver restarts inside of the call.
const BLAME: Duration = Duration::from_secs(2);

/// A carrier that has not come back after this time will not come back by itself. Links of copper take up to five seconds to agree on a speed.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a change of carrier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum CarrierChange {
    /// Somebody else's doing, to be told as it is.
    Real,
    /// Our own doing, to be waited out.
    LostByUs,
    /// The end of that.
    Back,
}

/// What is known of the interfaces we attached a program to, by name.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Carrier(BTreeMap<String, History>);

#[derive(Debug)]
struct History {
    attached: Monotonic,
    lost: Option<Monotonic>,
    flaps: bool,
}

impl Carrier {
    /// We have just attached a program.
    pub(in crate::daemon) fn attached(&mut self, name: &str, now: Monotonic) {
        let flaps = self.flaps(name);
        let history = History {
            attached: now,
            lost: None,
            flaps,
        };
        self.0.insert(name.to_owned(), history);
    }

    /// The interface has or has not got a carrier now; nobody has switched it off.
    pub(in crate::daemon) fn changed(
        &mut self,
        name: &str,
        is_up: bool,
        now: Monotonic,
    ) -> CarrierChange {
        let Some(history) = self.0.get_mut(name) else {
            return CarrierChange::Real;
        };
        if is_up {
            return match history.lost.take() {
                Some(_) => CarrierChange::Back,
                None => CarrierChange::Real,
            };
        }
        if history.lost.is_none() && now.since(history.attached) > BLAME {
            return CarrierChange::Real;
        }
        history.flaps = true;
        history.lost.get_or_insert(now);
        CarrierChange::LostByUs
    }

    /// When the earliest patience ends.
    pub(in crate::daemon) fn deadline(&self) -> Option<Monotonic> {
        let lost = self.0.values().filter_map(|history| history.lost);
        lost.min().map(|lost| lost + PATIENCE)
    }

    /// The interfaces whose carrier has been away for too long: those are down.
    pub(in crate::daemon) fn given_up(&mut self, now: Monotonic) -> Vec<String> {
        let is_over = |history: &History| history.lost.is_some_and(|lost| lost + PATIENCE <= now);
        let mut over = Vec::new();
        for (name, history) in self.0.iter_mut().filter(|(_, history)| is_over(history)) {
            history.lost = None;
            over.push(name.clone());
        }
        over
    }

    /// Whether the interface has lost its carrier because of us.
    pub(in crate::daemon) fn flaps(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|history| history.flaps)
    }

    /// The interface is gone; the next of its name is another one.
    pub(in crate::daemon) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Monotonic {
        Monotonic::from_nanos(1_000_000_000_000) + Duration::from_millis(milliseconds)
    }

    fn attached() -> Carrier {
        let mut carrier = Carrier::default();
        carrier.attached("eth0", at(0));
        carrier
    }

    #[test]
    fn a_carrier_that_goes_when_we_attach_is_waited_for() {
        let mut carrier = attached();
        let lost = carrier.changed("eth0", false, at(1500));
        assert_eq!(lost, CarrierChange::LostByUs);
        assert!(carrier.flaps("eth0"));
        assert_eq!(carrier.deadline(), Some(at(9500)));
        assert_eq!(carrier.given_up(at(9499)), [""; 0]);
        let back = carrier.changed("eth0", true, at(6000));
        assert_eq!((back, carrier.deadline()), (CarrierChange::Back, None));
    }

    #[test]
    fn it_is_waited_for_only_so_long() {
        let mut carrier = attached();
        carrier.changed("eth0", false, at(1));
        assert_eq!(carrier.given_up(at(8001)), ["eth0"]);
        assert_eq!(carrier.given_up(at(8001)), [""; 0]);
        let back = carrier.changed("eth0", true, at(20_000));
        assert_eq!(back, CarrierChange::Real);
    }

    #[test]
    fn a_carrier_that_goes_later_or_elsewhere_is_not_our_doing() {
        let mut carrier = attached();
        for (name, when) in [("eth0", 2001), ("eth1", 1)] {
            let lost = carrier.changed(name, false, at(when));
            assert_eq!((lost, carrier.flaps(name)), (CarrierChange::Real, false));
        }
    }

    #[test]
    fn an_interface_that_has_flapped_is_known_for_it_until_it_goes() {
        let mut carrier = attached();
        carrier.changed("eth0", false, at(1));
        carrier.attached("eth0", at(60_000));
        assert!(carrier.flaps("eth0"));
        carrier.forget("eth0");
        assert!(!carrier.flaps("eth0"));
    }
}
