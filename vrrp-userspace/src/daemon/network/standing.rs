//! How things stand with the program on an interface, and when it is worth trying again.
//!
//! Pure: what happened and when comes in. The rule: what has been attached once is tried again, less and less often; where another program
//! is in the way, it is asked for every few seconds, which the kernel answers before any driver hears of it; what the driver refused at
//! the first time stays refused.

use std::time::Duration;

use crate::{protocol::Monotonic, system::datapath::AttachError};

/// Before the first try. Somebody who takes our program off to put on another one does that in two steps.
const FIRST: Duration = Duration::from_secs(3);
/// Between tries at last: each of them may cost a driver something.
const LONGEST: Duration = Duration::from_secs(60);
/// Between looks whether the other program is gone.
const TAKEN: Duration = Duration::from_secs(5);

/// Whether the program is there.
#[derive(Debug)]
pub(in crate::daemon) enum Standing {
    /// It is.
    Attached(Attached),
    /// It is not, and will not be on this interface as it is, for this reason.
    Without(String),
    /// It is not yet.
    Waiting(Wait),
}

/// How the program is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Attached {
    /// Whether in the driver.
    pub(in crate::daemon) is_native: bool,
    /// The kernel's number of the link.
    pub(in crate::daemon) link_id: u32,
}

/// What is waited for.
#[derive(Debug)]
pub(in crate::daemon) struct Wait {
    /// Since when the interface has been without.
    since: Monotonic,
    /// Whether it ever was attached.
    was_attached: bool,
    /// When to try; `None` while a try is under way.
    next: Option<Monotonic>,
    pause: Duration,
    /// Why not the last time, as it was said.
    said: Option<String>,
}

impl Wait {
    fn why(&self) -> String {
        let what = if self.was_attached {
            "somebody has taken the program off; it will be put back"
        } else {
            "it will be tried again"
        };
        match &self.said {
            Some(reason) => format!("{reason}; {what}"),
            None => what.to_owned(),
        }
    }
}

impl Standing {
    /// After the first try, which was refused at `now`.
    pub(in crate::daemon) fn refused(error: &AttachError, now: Monotonic) -> Self {
        if let AttachError::Taken(_) = error {
            return Self::Waiting(Wait {
                since: now,
                was_attached: false,
                next: Some(now + TAKEN),
                pause: FIRST,
                said: Some(error.to_string()),
            });
        }
        Self::Without(error.to_string())
    }

    /// The program was found gone at `now`; it was attached at `last_seen`.
    pub(in crate::daemon) fn gone(last_seen: Monotonic, now: Monotonic) -> Self {
        Self::Waiting(Wait {
            since: last_seen,
            was_attached: true,
            next: Some(now + FIRST),
            pause: FIRST,
            said: None,
        })
    }

    /// Whether the program is there.
    pub(in crate::daemon) const fn is_attached(&self) -> bool {
        matches!(self, Self::Attached(_))
    }

    /// How the program is there.
    pub(in crate::daemon) const fn attached(&self) -> Option<Attached> {
        match self {
            Self::Attached(attached) => Some(*attached),
            Self::Waiting(_) | Self::Without(_) => None,
        }
    }

    /// Why the program is not there, in words.
    pub(in crate::daemon) fn why_not(&self) -> Option<String> {
        match self {
            Self::Attached(_) => None,
            Self::Without(reason) => Some(reason.clone()),
            Self::Waiting(wait) => Some(wait.why()),
        }
    }

    /// Since when the program has been waited for.
    pub(in crate::daemon) const fn waiting_since(&self) -> Option<Monotonic> {
        match self {
            Self::Waiting(wait) => Some(wait.since),
            Self::Attached(_) | Self::Without(_) => None,
        }
    }

    /// When to try again.
    pub(in crate::daemon) const fn next_try(&self) -> Option<Monotonic> {
        match self {
            Self::Waiting(wait) => wait.next,
            Self::Attached(_) | Self::Without(_) => None,
        }
    }

    /// Begins a try if it is time to.
    pub(in crate::daemon) fn begin_try(&mut self, now: Monotonic) -> bool {
        match self {
            Self::Waiting(wait) if wait.next.is_some_and(|next| next <= now) => {
                wait.next = None;
                true
            }
            Self::Waiting(_) | Self::Attached(_) | Self::Without(_) => false,
        }
    }

    /// A try was refused at `now`. The reason, if it has not been said before.
    pub(in crate::daemon) fn refused_again(
        &mut self,
        error: &AttachError,
        now: Monotonic,
    ) -> Option<String> {
        let Self::Waiting(wait) = self else {
            return None;
        };
        let reason = error.to_string();
        let is_taken = matches!(error, AttachError::Taken(_));
        let is_news = wait.said.as_ref() != Some(&reason);
        if !is_taken && !wait.was_attached {
            *self = Self::Without(reason.clone());
            return Some(reason);
        }
        if is_taken {
            wait.next = Some(now + TAKEN);
        } else {
            wait.pause = (wait.pause * 2).min(LONGEST);
            wait.next = Some(now + wait.pause);
        }
        wait.said = Some(reason.clone());
        is_news.then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: u64) -> Monotonic {
        Monotonic::from_nanos(1_000_000_000_000) + Duration::from_secs(count)
    }

    fn taken() -> AttachError {
        AttachError::Taken("eth0".into())
    }

    fn driver() -> AttachError {
        AttachError::Other("eth0: out of memory".into())
    }

    #[test]
    fn what_was_attached_is_tried_again_less_and_less_often() {
        let mut standing = Standing::gone(second(0), second(1));
        let mut now = second(1);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let next = standing.next_try().unwrap();
            pauses.push(next.since(now).as_secs());
            now = next;
            assert!(standing.begin_try(now));
            assert!(!standing.begin_try(now), "one try at a time");
            standing.refused_again(&driver(), now);
        }
        assert_eq!(pauses, [3, 6, 12, 24, 48, 60, 60]);
    }

    #[test]
    fn a_reason_is_said_once() {
        let mut standing = Standing::gone(second(0), second(1));
        assert!(standing.refused_again(&driver(), second(4)).is_some());
        assert_eq!(standing.refused_again(&driver(), second(10)), None);
        assert!(standing.refused_again(&taken(), second(20)).is_some());
        assert_eq!(standing.refused_again(&taken(), second(25)), None);
    }

    #[test]
    fn another_program_is_asked_for_every_few_seconds() {
        let mut standing = Standing::refused(&taken(), second(0));
        for number in 1..100 {
            let now = second(5 * number);
            assert_eq!(standing.next_try(), Some(now));
            assert!(standing.begin_try(now));
            assert_eq!(standing.refused_again(&taken(), now), None);
        }
    }

    #[test]
    fn what_the_driver_never_took_stays_refused() {
        for error in [driver(), AttachError::Off] {
            let standing = Standing::refused(&error, second(0));
            assert_eq!(standing.next_try(), None);
        }
        let mut standing = Standing::refused(&taken(), second(0));
        assert!(standing.begin_try(second(5)));
        assert!(standing.refused_again(&driver(), second(5)).is_some());
        assert_eq!(standing.next_try(), None);
    }
}
