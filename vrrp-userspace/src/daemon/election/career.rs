//! How a router came to be what it is.
//!
//! Pure, and cheap enough for the election thread: it looks at every action and keeps a few numbers.

use crate::protocol::{Action, Because, Monotonic, Note, State};

/// Since when a router has been what it is, because of what, and how often it has been Active.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Career {
    /// When it joined, and everything was counted from.
    pub(in crate::daemon) joined: Monotonic,
    /// When its state began. A reload that leaves the router in its place does not change it.
    pub(in crate::daemon) since: Monotonic,
    /// Why, in the words of the log; nothing before the first transition.
    pub(in crate::daemon) because: Option<Because>,
    /// How often it has become Active.
    pub(in crate::daemon) became_active: u64,
    /// Farewells it has been told of.
    pub(in crate::daemon) releases_heard: u64,
    /// How often it has been told of another address list than its own.
    pub(in crate::daemon) lists_differed: u64,
}

impl Career {
    /// Of a router that joins at `now`.
    pub(in crate::daemon) const fn begun(now: Monotonic) -> Self {
        Self {
            joined: now,
            since: now,
            because: None,
            became_active: 0,
            releases_heard: 0,
            lists_differed: 0,
        }
    }

    /// Takes notice of what the router does.
    pub(in crate::daemon) fn note(&mut self, action: &Action, now: Monotonic) {
        match action {
            Action::ReportTransition(transition) => {
                self.since = now;
                self.because = Some(transition.because.clone());
                self.became_active += u64::from(transition.to == State::Active);
            }
            Action::Note(Note::ReleaseHeard { .. } | Note::ReleaseHeardWhileActive { .. }) => {
                self.releases_heard += 1;
            }
            Action::Note(Note::AddressListDiffers { .. }) => self.lists_differed += 1,
            Action::Note(_)
            | Action::SendAdvertisement { .. }
            | Action::ClaimAddresses
            | Action::ReleaseAddresses
            | Action::AnnounceAddresses { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::{Priority, Transition};

    fn transition(to: State, because: Because) -> Action {
        Action::ReportTransition(Transition {
            from: State::Backup,
            to,
            priority: Priority::DEFAULT,
            because,
        })
    }

    #[test]
    fn only_a_transition_begins_something_new() {
        let start = Monotonic::from_nanos(1_000_000_000);
        let later = start + Duration::from_secs(5);
        let mut career = Career::begun(start);
        career.note(
            &transition(State::Active, Because::OwnsAddresses),
            start + Duration::from_secs(1),
        );
        career.note(&Action::ClaimAddresses, later);
        assert_eq!(career.since, start + Duration::from_secs(1));
        assert_eq!(career.because, Some(Because::OwnsAddresses));

        career.note(&transition(State::Backup, Because::Started), later);
        assert_eq!((career.since, career.became_active), (later, 1));
    }
}
