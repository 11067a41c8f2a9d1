//! When what could not be removed is tried again.
//!
//! Pure.

use std::time::Duration;

use crate::protocol::Monotonic;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);

/// However often it has failed.
const LONGEST: Duration = Duration::from_secs(60);

/// Nothing to try again, or something, after a pause that doubles with every failure.
#[derive(Debug, Default)]
pub(super) struct Retry(Option<(Monotonic, Duration)>);

impl Retry {
    /// It has failed.
    pub(super) fn failed(&mut self, now: Monotonic) {
        let pause = self.0.map_or(FIRST, |(_, pause)| (pause * 2).min(LONGEST));
        self.0 = Some((now + pause, pause));
    }

    /// It has worked, or is no longer wanted.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// When it is to be tried again.
    pub(super) fn due(&self) -> Option<Monotonic> {
        self.0.map(|(due, _)| due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute_and_begins_anew_after_a_success() {
        let now = Monotonic::from_nanos(1);
        let mut retry = Retry::default();
        assert_eq!(retry.due(), None);
        let mut pause = || {
            retry.failed(now);
            retry.due().unwrap().since(now).as_secs()
        };
        assert_eq!([(); 8].map(|()| pause()), [1, 2, 4, 8, 16, 32, 60, 60]);
        retry.forget();
        assert_eq!(retry.due(), None);
        retry.failed(now);
        assert_eq!(retry.due(), Some(now + FIRST));
    }
}
