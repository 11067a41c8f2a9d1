//! An interface we listen on: the raw socket, and beside it the program if it is there.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tracing::{error, warn};
use vrrp_ebpf::{abi::Reason, verdict::Verdict};

use super::{
    inspector::Inspector,
    tally::{Samples, Tally},
};
use crate::{
    protocol::Monotonic,
    system::{
        clock,
        raw_socket::{Hearing, RawSocket},
    },
};

/// That adverts were lost is said at most this often.
const LOSSES_SAID: Duration = Duration::from_secs(10);

/// One interface of the data path.
pub(in crate::daemon) struct Port {
    /// Our number for it.
    pub(in crate::daemon) number: u16,
    /// Its name.
    name: String,
    /// What the program leaves to us, or everything: an ear for each family that somebody listens to.
    pub(in crate::daemon) ears: Vec<RawSocket>,
    inspection: Inspection,
    /// Whatever arrived since then was heard, by the program or by us; `None` while nothing arrives.
    hears_since: Option<Monotonic>,
    overflow: Overflow,
    tally: Arc<Tally>,
    samples: Samples,
}

/// What is known of the program on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inspection {
    /// Nothing since the beginning.
    None,
    /// It has been asked for.
    Asked,
    /// It was attached at this moment, and has been ever since we attached it: a link that was detached does not come back.
    Attached(Monotonic),
}

/// Datagrams there was no room for.
#[derive(Debug, Default)]
struct Overflow {
    /// When that was noticed last.
    at: Option<Monotonic>,
    /// Routers that have waited once because of it.
    excused: BTreeSet<usize>,
    said: Option<Monotonic>,
    unsaid: u32,
}

/// Whether silence on a port means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Silence {
    /// Everything that arrived could be heard.
    Proven,
    /// Something could have been missed; from now on it is heard.
    NotProven,
    /// The answer will come through the inbox.
    Asked,
}

/// A silence that somebody wants to act on.
#[derive(Debug, Clone, Copy)]
pub(in crate::daemon) struct Question {
    /// The router.
    pub(in crate::daemon) slot: usize,
    /// When it heard something last.
    pub(in crate::daemon) since: Monotonic,
    /// Until when there was nothing.
    pub(in crate::daemon) until: Monotonic,
}

impl Port {
    /// A port that has heard everything from now on.
    pub(in crate::daemon) fn new(
        number: u16,
        name: &str,
        ear: RawSocket,
        tally: Arc<Tally>,
    ) -> Self {
        Self {
            number,
            name: name.to_owned(),
            ears: vec![ear],
            inspection: Inspection::None,
            hears_since: Some(clock::now()),
            overflow: Overflow::default(),
            tally,
            samples: Samples::default(),
        }
    }

    /// Hears one more family, or one anew; returns the ear that it had for that.
    pub(in crate::daemon) fn hear_also(&mut self, ear: RawSocket) -> Option<RawSocket> {
        let before = self
            .ears
            .iter_mut()
            .find(|known| known.family() == ear.family());
        match before {
            Some(known) => Some(std::mem::replace(known, ear)),
            None => {
                self.ears.push(ear);
                None
            }
        }
    }

    /// Whether a silence was heard as one.
    pub(in crate::daemon) fn is_silent(
        &mut self,
        silence: &Question,
        inspector: &Inspector,
    ) -> Silence {
        self.count_losses();
        if self.hears_since.is_none_or(|since| since > silence.since)
            || self.overflow.excuses(silence)
        {
            return Silence::NotProven;
        }
        let answer = self.is_program_attached(silence.until, inspector);
        if answer == Silence::Proven {
            self.overflow.excused.remove(&silence.slot);
        }
        answer
    }

    /// Whether the program was attached at `moment`, if we rely on it.
    fn is_program_attached(&mut self, moment: Monotonic, inspector: &Inspector) -> Silence {
        if self.hears_everything() {
            return Silence::Proven;
        }
        match self.inspection {
            Inspection::Attached(at) if at >= moment => return Silence::Proven,
            Inspection::Asked => return Silence::Asked,
            Inspection::Attached(_) | Inspection::None => {}
        }
        if inspector.ask(self.number) {
            self.inspection = Inspection::Asked;
            return Silence::Asked;
        }
        self.set_hearing(Hearing::Everything);
        Silence::NotProven
    }

    /// Whether an answer is awaited.
    pub(in crate::daemon) fn is_asked(&self) -> bool {
        self.inspection == Inspection::Asked
    }

    /// Takes the answer in.
    pub(in crate::daemon) fn inspected(&mut self, at: Monotonic, is_attached: bool) {
        if is_attached {
            self.inspection = Inspection::Attached(at);
        } else {
            self.inspection = Inspection::None;
            self.set_hearing(Hearing::Everything);
        }
    }

    /// Listens to everything or to what the program leaves. Who relied on the program has been deaf for an unknown time when it is gone.
    ///
    /// If the filter cannot be changed the port stays deaf and says so again: better no takeover than a wrong one.
    pub(in crate::daemon) fn set_hearing(&mut self, hearing: Hearing) {
        if self.ears.iter().all(|ear| ear.hearing() == hearing) {
            return;
        }
        let changed = self
            .ears
            .iter_mut()
            .try_for_each(|ear| ear.set_hearing(hearing));
        if let Err(error) = changed {
            error!(
                "the filter of the raw socket on {} cannot be changed: {error}",
                self.name
            );
        } else if hearing == Hearing::Everything {
            self.hears_since = Some(clock::now());
        }
    }

    fn hears_everything(&self) -> bool {
        let mut ears = self.ears.iter();
        ears.all(|ear| ear.hearing() == Hearing::Everything)
    }

    /// Nothing arrives any more, or does again: the interface has lost its carrier by what we did to it.
    pub(in crate::daemon) fn set_deaf(&mut self, is_deaf: bool) {
        self.hears_since = (!is_deaf).then(clock::now);
    }

    /// Counts what was judged.
    pub(in crate::daemon) fn judged(&self, verdict: &Verdict) {
        self.tally.judged(verdict);
    }

    /// Whether one more rejection for `reason` may be told of the router of `slot`.
    pub(in crate::daemon) fn may_tell(
        &mut self,
        slot: u32,
        reason: Reason,
        now: Monotonic,
    ) -> bool {
        self.samples.may_tell(slot, reason, now, &self.tally)
    }

    /// Looks for what the socket had no room for: it counts, it is said, and it may have been an advert of the Active Router.
    pub(in crate::daemon) fn count_losses(&mut self) {
        // Who cannot be told assumes the best: nothing is known to be lost.
        let ears = self.ears.iter_mut();
        let losses: u32 = ears.map(|ear| ear.take_losses().unwrap_or_default()).sum();
        if losses == 0 {
            return;
        }
        self.tally.lost(losses);
        if let Some(unsaid) = self.overflow.happened(losses, clock::now()) {
            warn!(
                "the raw socket on {} had no room for {unsaid} adverts; a takeover waits for one interval more because of that",
                self.name
            );
        }
    }
}

impl Overflow {
    /// Takes it down; the number to say, if it is time to.
    fn happened(&mut self, losses: u32, now: Monotonic) -> Option<u32> {
        self.at = Some(now);
        self.unsaid = self.unsaid.saturating_add(losses);
        if self.said.is_some_and(|said| now.since(said) < LOSSES_SAID) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }

    /// Whether what was lost may have ended this silence. Only once: a flood must not keep a dead router's addresses away for ever, and
    /// that a living one is not heard through two whole intervals is as good as silence.
    fn excuses(&mut self, silence: &Question) -> bool {
        self.at.is_some_and(|at| at >= silence.since) && self.excused.insert(silence.slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: u64) -> Monotonic {
        Monotonic::from_nanos(1_000_000_000_000) + Duration::from_secs(count)
    }

    fn silence(slot: usize, since: u64, until: u64) -> Question {
        Question {
            slot,
            since: second(since),
            until: second(until),
        }
    }

    #[test]
    fn what_was_lost_excuses_a_silence_once_for_each_router() {
        let mut overflow = Overflow::default();
        assert!(!overflow.excuses(&silence(0, 0, 4)));
        overflow.happened(1, second(5));
        assert!(overflow.excuses(&silence(0, 4, 8)));
        assert!(overflow.excuses(&silence(1, 4, 8)));
        overflow.happened(1, second(9));
        assert!(
            !overflow.excuses(&silence(0, 8, 12)),
            "a flood that goes on"
        );
        overflow.excused.remove(&0);
        overflow.happened(1, second(13));
        assert!(overflow.excuses(&silence(0, 12, 16)), "another silence");
    }

    #[test]
    fn what_was_lost_before_the_last_advert_is_no_excuse() {
        let mut overflow = Overflow::default();
        overflow.happened(1, second(3));
        assert!(!overflow.excuses(&silence(0, 4, 8)));
    }

    #[test]
    fn losses_are_said_now_and_then_with_their_number() {
        let mut overflow = Overflow::default();
        assert_eq!(overflow.happened(3, second(0)), Some(3));
        assert_eq!(overflow.happened(4, second(1)), None);
        assert_eq!(overflow.happened(5, second(10)), Some(9));
    }
}
