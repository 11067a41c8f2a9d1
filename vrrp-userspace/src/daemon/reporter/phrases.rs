//! keepalived's words for what we do. People grep for them, so they are letter for letter its own; what we add follows on a line of its own.

use crate::protocol::{Because, Note, State, Transition, state::keepalived_name, time::Seconds};

/// How much somebody must want to read a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Level {
    /// Only with `--log-detail`.
    Detail,
    /// Always.
    Info,
    /// Wake somebody in the morning.
    Warning,
}

/// A line of the log, without the name of the instance in front.
pub(in crate::daemon) type Phrase = (Level, String);

/// A state as keepalived's users know it.
pub(in crate::daemon) const fn state_name(state: State) -> &'static str {
    match state {
        // What keepalived calls STOP has been something before.
        State::Initialize => "INIT",
        State::Backup | State::Active | State::Fault => keepalived_name(state),
    }
}

/// What a transition is called.
pub(in crate::daemon) fn transition(transition: &Transition) -> Vec<Phrase> {
    let because = (Level::Info, format!("because: {}", transition.because));
    match transition.to {
        State::Initialize if transition.because == Because::Removed => {
            vec![(Level::Info, "removed".into()), because]
        }
        State::Initialize => vec![(Level::Detail, "stopped".into()), because],
        State::Backup | State::Active | State::Fault => {
            let name = keepalived_name(transition.to);
            let is_first = transition.from == State::Initialize
                && transition.to == State::Backup
                && transition.because == Because::Started;
            let suffix = if is_first { " (init)" } else { "" };
            vec![
                (Level::Info, format!("Entering {name} STATE{suffix}")),
                because,
            ]
        }
    }
}

/// What something worth knowing is called.
pub(in crate::daemon) fn note(note: &Note) -> Phrase {
    use Level::{Detail, Info, Warning};
    match note {
        Note::AdvertisementTimeout => (Detail, "Receive advertisement timeout".into()),
        Note::SentRelease => (Info, "sent 0 priority".into()),
        Note::ReleaseHeard { .. } => (Info, "Backup received priority 0 advertisement".into()),
        Note::ReleaseHeardWhileActive { .. } => (Info, "Master received priority 0 message".into()),
        Note::LowerPriorityDiscarded { from, priority } => (
            Info,
            format!("received lower priority ({priority}) advert from {from} - discarding"),
        ),
        Note::LowerPriorityAnswered { from, theirs, ours } => (
            Info,
            format!(
                "Received advert from {from} with lower priority {theirs}, ours {ours}, forcing new election"
            ),
        ),
        Note::BetterRouterHeard { from, theirs, ours } if theirs == ours => (
            Info,
            format!(
                "Master received advert from {from} with same priority {theirs} but higher IP address than ours"
            ),
        ),
        Note::BetterRouterHeard { from, theirs, ours } => (
            Info,
            format!("Master received advert from {from} with higher priority {theirs}, ours {ours}"),
        ),
        Note::SecondOwner { from } => (
            Warning,
            format!("CONFIGURATION ERROR: {from} advertises priority 255 too, and only one router can own the addresses"),
        ),
        Note::PreemptionDelayed { from, theirs, delay } => (
            Info,
            format!("{from} is Active with lower priority {theirs}; preempt delay of {} begins", Seconds(*delay)),
        ),
        Note::PreemptionDue => (Info, "the preempt delay has passed".into()),
        Note::ActiveRouterLearned { address, before: None } => {
            (Detail, format!("master set to {address}"))
        }
        Note::ActiveRouterLearned { address, before: Some(before) } => {
            (Detail, format!("master changed from {before} to {address}"))
        }
        Note::IntervalAdopted { from, to } => (
            Info,
            format!(
                "advertisement interval updated from {}ms to {}ms by master",
                from.as_millis(),
                to.as_millis()
            ),
        ),
        Note::AddressListDiffers { from, expected, received } => (
            Warning,
            format!("expected {expected} VIPs but received {received}, or others; advert from {from} accepted"),
        ),
        Note::AddressListRefused { from, received } => (
            Warning,
            format!("ip address list of {from} ({received} VIPs) is not ours; its adverts are refused, since strict mode is on"),
        ),
        Note::HeldBack { by } => (
            Info,
            format!("nobody is heard, but {by} of the sync group still hears a MASTER; waiting"),
        ),
        Note::PriorityChanged { from, to } => {
            (Info, format!("Changing effective priority from {from} to {to}"))
        }
        Note::AddressesRemoved { address, others: 0 } => {
            (Warning, format!("somebody removed {address}; putting it back"))
        }
        Note::AddressesRemoved { address, others } => {
            (Warning, format!("somebody removed {address} and {others} more; putting them back"))
        }
        Note::SilenceNotProven => (
            Warning,
            "the XDP program was taken off the interface, so adverts could not be heard; listening on the raw socket for one more down interval".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Priority;

    fn line(from: State, to: State, because: Because) -> String {
        let priority = Priority::DEFAULT;
        transition(&Transition {
            from,
            to,
            priority,
            because,
        })[0]
            .1
            .clone()
    }

    /// C195+
    #[test]
    fn transitions_are_called_as_keepalived_calls_them() {
        let silence = Because::Silence {
            last: None,
            listened: std::time::Duration::ZERO,
            rejected: 0,
            saved_by_map: 0,
        };
        assert_eq!(
            line(State::Backup, State::Active, silence),
            "Entering MASTER STATE"
        );
        assert_eq!(
            line(State::Initialize, State::Backup, Because::Started),
            "Entering BACKUP STATE (init)"
        );
        assert_eq!(
            line(State::Initialize, State::Backup, Because::FaultsCleared),
            "Entering BACKUP STATE",
            "after waiting for a script"
        );
        assert_eq!(
            line(State::Active, State::Fault, Because::FaultsCleared),
            "Entering FAULT STATE"
        );
    }
}
