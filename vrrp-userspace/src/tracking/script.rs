//! How many results make a change of mind?

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// What is known about a tracked script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ScriptStatus {
    /// It has not ended once.
    #[default]
    Unknown,
    /// It succeeds.
    Up,
    /// It fails.
    Down,
}

/// A change of mind about a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It has succeeded often enough.
    Up,
    /// It has failed often enough.
    Down,
}

/// Counts the results of one script: `rise` successes in a row bring it up, `fall` failures in a row bring it
/// down, and the very first result decides alone.
#[derive(Debug, Clone)]
pub struct ScriptTracker {
    rise: NonZeroU32,
    fall: NonZeroU32,
    status: ScriptStatus,
    /// Results in a row that contradict the status.
    contradictions: u32,
}

impl ScriptTracker {
    /// A tracker that knows nothing yet.
    #[must_use]
    pub const fn new(rise: NonZeroU32, fall: NonZeroU32) -> Self {
        Self {
            rise,
            fall,
            status: ScriptStatus::Unknown,
            contradictions: 0,
        }
    }

    /// A tracker that assumes failure until `rise` successes say otherwise (`init_fail`).
    #[must_use]
    pub const fn assumed_down(rise: NonZeroU32, fall: NonZeroU32) -> Self {
        Self {
            rise,
            fall,
            status: ScriptStatus::Down,
            contradictions: 0,
        }
    }

    /// A tracker that goes on from what was known.
    #[must_use]
    pub const fn known(status: ScriptStatus, rise: NonZeroU32, fall: NonZeroU32) -> Self {
        Self {
            rise,
            fall,
            status,
            contradictions: 0,
        }
    }

    /// From now on so many results change its mind; those in a row so far count.
    pub const fn reconfigure(&mut self, rise: NonZeroU32, fall: NonZeroU32) {
        self.rise = rise;
        self.fall = fall;
    }

    /// Takes in one result, and says whether it changed the status.
    pub fn result(&mut self, is_success: bool) -> Option<Change> {
        let change = if is_success { Change::Up } else { Change::Down };
        let needed = match (self.status, change) {
            (ScriptStatus::Unknown, _) => NonZeroU32::MIN,
            (ScriptStatus::Down, Change::Up) => self.rise,
            (ScriptStatus::Up, Change::Down) => self.fall,
            (ScriptStatus::Up, Change::Up) | (ScriptStatus::Down, Change::Down) => {
                self.contradictions = 0;
                return None;
            }
        };
        self.contradictions += 1;
        if self.contradictions < needed.get() {
            return None;
        }
        self.contradictions = 0;
        self.status = match change {
            Change::Up => ScriptStatus::Up,
            Change::Down => ScriptStatus::Down,
        };
        Some(change)
    }

    /// What is known now.
    #[must_use]
    pub const fn status(&self) -> ScriptStatus {
        self.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: bool = true;
    const FAILED: bool = false;

    fn times(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    #[test]
    fn the_first_result_suffices_whatever_rise_and_fall_say() {
        assert_eq!(
            ScriptTracker::new(times(3), times(3)).result(OK),
            Some(Change::Up)
        );
        assert_eq!(
            ScriptTracker::new(times(3), times(3)).result(FAILED),
            Some(Change::Down)
        );
    }

    #[test]
    fn a_script_falls_only_after_enough_failures_in_a_row() {
        let mut script = ScriptTracker::new(times(1), times(3));
        script.result(OK);

        assert_eq!(script.result(FAILED), None);
        assert_eq!(script.result(FAILED), None);
        assert_eq!(
            script.result(OK),
            None,
            "one success forgives the failures before it"
        );
        assert_eq!(script.result(FAILED), None);
        assert_eq!(script.result(FAILED), None);
        assert_eq!(script.result(FAILED), Some(Change::Down));
        assert_eq!(script.result(FAILED), None, "it is down already");
        assert_eq!(script.status(), ScriptStatus::Down);
    }

    #[test]
    fn a_script_rises_only_after_enough_successes_in_a_row() {
        let mut script = ScriptTracker::new(times(2), times(1));
        script.result(FAILED);

        assert_eq!(script.result(OK), None);
        assert_eq!(script.result(FAILED), None);
        assert_eq!(script.result(OK), None);
        assert_eq!(script.result(OK), Some(Change::Up));
        assert_eq!(script.result(FAILED), Some(Change::Down));
    }

    #[test]
    fn what_was_known_needs_as_many_results_to_change() {
        let mut script = ScriptTracker::known(ScriptStatus::Up, times(1), times(3));
        assert_eq!(script.result(FAILED), None);
        script.reconfigure(times(1), times(2));
        assert_eq!(
            script.result(FAILED),
            Some(Change::Down),
            "the second in a row"
        );
    }

    #[test]
    fn a_script_assumed_down_has_to_rise_first() {
        let mut script = ScriptTracker::assumed_down(times(2), times(1));
        assert_eq!(script.status(), ScriptStatus::Down);
        assert_eq!(script.result(FAILED), None);
        assert_eq!(script.result(OK), None);
        assert_eq!(script.result(OK), Some(Change::Up));
    }
}
