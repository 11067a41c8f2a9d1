//! When does a tracking script run, and what is said about it?

use std::{num::NonZeroU32, time::Duration};

use tokio::{
    sync::{mpsc::UnboundedReceiver, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tracing::info;

use super::{Progress, Runner};
use crate::{
    guard::{Outcome, ScriptIndex},
    tracking::{Change, ScriptStatus, ScriptTracker},
};

/// A `vrrp_script` that some virtual router tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedScript {
    /// Its number in the guard's table.
    pub index: ScriptIndex,
    /// Its configured name.
    pub name: String,
    /// How often it runs.
    pub interval: Duration,
    /// How long it may take; zero for as long as the interval.
    pub timeout: Duration,
    /// Successes in a row that bring it up.
    pub rise: NonZeroU32,
    /// Failures in a row that bring it down.
    pub fall: NonZeroU32,
    /// Whether it counts as down before its first result (`init_fail`).
    pub is_assumed_down: bool,
}

/// A script has changed its mind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptChanged {
    /// Which script.
    pub script: ScriptIndex,
    /// To what.
    pub change: Change,
    /// The result that made the difference.
    pub outcome: Outcome,
}

/// Runs a script again and again, the first time at once, and calls `changed` when its status changes from `known`. Never two
/// runs at a time. Other times and numbers of results hold from when `scripts` has them, and what is known stays.
pub async fn track(
    mut scripts: watch::Receiver<TrackedScript>,
    known: ScriptStatus,
    runner: Runner,
    changed: impl Fn(ScriptChanged),
) {
    let script = scripts.borrow_and_update().clone();
    let mut ticks = ticks(Instant::now(), script.interval);
    let mut tracked = Tracked::new(script, known);
    let mut run: Option<UnboundedReceiver<Progress>> = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => match run {
                None => run = Some(tracked.begin(&runner)),
                Some(_) => tracked.log_skipped_run(),
            },
            Ok(()) = scripts.changed() => {
                let script = scripts.borrow_and_update().clone();
                ticks = self::ticks(Instant::now() + script.interval, script.interval);
                tracked.reconfigure(script);
            }
            progress = progress(&mut run) => {
                if !matches!(progress, Some(Progress::Overdue)) {
                    run = None;
                }
                if let Some(change) = progress.and_then(|progress| tracked.takes(progress)) {
                    changed(change);
                }
            }
        }
    }
}

fn ticks(first: Instant, every: Duration) -> Interval {
    let mut ticks = interval_at(first, every.max(Duration::from_millis(1)));
    // After a time without ticks (a suspended machine) one run is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// What becomes of `run`; never, if there is none.
async fn progress(run: &mut Option<UnboundedReceiver<Progress>>) -> Option<Progress> {
    match run {
        Some(run) => run.recv().await,
        None => std::future::pending().await,
    }
}

/// A script, what is thought of it, and what was last said about it.
struct Tracked {
    script: TrackedScript,
    tracker: ScriptTracker,
    /// The last exit status; before the first, the one that needs no mention.
    last_exit: i32,
    is_overdue: bool,
}

impl Tracked {
    fn new(script: TrackedScript, known: ScriptStatus) -> Self {
        let (rise, fall) = (script.rise, script.fall);
        let tracker = match known {
            ScriptStatus::Up | ScriptStatus::Down => ScriptTracker::known(known, rise, fall),
            ScriptStatus::Unknown if script.is_assumed_down => {
                ScriptTracker::assumed_down(rise, fall)
            }
            ScriptStatus::Unknown => ScriptTracker::new(rise, fall),
        };
        Self {
            script,
            tracker,
            last_exit: 0,
            is_overdue: false,
        }
    }

    fn reconfigure(&mut self, script: TrackedScript) {
        self.tracker.reconfigure(script.rise, script.fall);
        self.script = script;
    }

    fn begin(&mut self, runner: &Runner) -> UnboundedReceiver<Progress> {
        self.is_overdue = false;
        runner.start(self.script.index, self.timeout())
    }

    fn timeout(&self) -> Duration {
        if self.script.timeout.is_zero() {
            self.script.interval
        } else {
            self.script.timeout
        }
    }

    /// A run that is overdue has failed, whenever it ends; its end is no second result.
    fn takes(&mut self, progress: Progress) -> Option<ScriptChanged> {
        match progress {
            Progress::Overdue => {
                self.is_overdue = true;
                self.result(Outcome::TimedOut)
            }
            Progress::Finished(_) if self.is_overdue => None,
            Progress::Finished(outcome) => self.result(outcome),
        }
    }

    fn result(&mut self, outcome: Outcome) -> Option<ScriptChanged> {
        let name = &self.script.name;
        if let Outcome::Exited(status) = outcome
            && std::mem::replace(&mut self.last_exit, status) != status
        {
            info!("Script `{name}` now returning {status}");
        }
        let change = self.tracker.result(outcome.is_success())?;
        info!("{}", line(name, change, &outcome));
        Some(ScriptChanged {
            script: self.script.index,
            change,
            outcome,
        })
    }

    fn log_skipped_run(&self) {
        let (name, state) = (&self.script.name, self.state());
        info!("Track script {name} is {state}, expect idle - skipping run");
    }

    const fn state(&self) -> &'static str {
        if self.is_overdue {
            "being timed out"
        } else {
            "already running"
        }
    }
}

/// What keepalived's users search their logs for.
fn line(name: &str, change: Change, outcome: &Outcome) -> String {
    match (change, outcome) {
        (Change::Up, _) => format!("VRRP_Script({name}) succeeded"),
        (Change::Down, Outcome::TimedOut) => format!("VRRP_Script({name}) timed out"),
        (Change::Down, outcome) => format!("VRRP_Script({name}) failed ({outcome})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> TrackedScript {
        TrackedScript {
            index: ScriptIndex(0),
            name: "chk".into(),
            interval: Duration::from_secs(4),
            timeout: Duration::ZERO,
            rise: NonZeroU32::MIN,
            fall: NonZeroU32::new(2).unwrap(),
            is_assumed_down: false,
        }
    }

    fn tracked() -> Tracked {
        Tracked::new(script(), ScriptStatus::Unknown)
    }

    fn change(changed: Option<ScriptChanged>) -> Option<Change> {
        changed.map(|changed| changed.change)
    }

    fn exited(status: i32) -> Progress {
        Progress::Finished(Outcome::Exited(status))
    }

    #[test]
    fn a_script_without_a_timeout_has_its_interval() {
        assert_eq!(tracked().timeout(), Duration::from_secs(4));
    }

    #[test]
    fn a_run_that_takes_too_long_fails_once_whenever_it_ends() {
        let mut tracked = tracked();
        assert_eq!(change(tracked.takes(exited(0))), Some(Change::Up));
        assert_eq!(tracked.takes(Progress::Overdue), None);
        assert_eq!(
            tracked.takes(Progress::Finished(Outcome::TimedOut)),
            None,
            "the first of two"
        );
    }

    #[test]
    fn a_script_that_was_up_is_down_when_it_fails_also_if_failure_is_assumed_of_new_ones() {
        let script = TrackedScript {
            is_assumed_down: true,
            ..script()
        };
        let mut tracked = Tracked::new(script, ScriptStatus::Up);
        assert_eq!(change(tracked.takes(exited(1))), None, "the first of two");
        assert_eq!(change(tracked.takes(exited(1))), Some(Change::Down));
    }

    #[test]
    fn a_change_carries_the_result_that_made_it() {
        let mut tracked = tracked();
        let changed = tracked.takes(exited(1)).unwrap();
        assert_eq!(
            (changed.change, changed.outcome),
            (Change::Down, Outcome::Exited(1))
        );
    }

    #[test]
    fn changes_are_logged_in_keepaliveds_words() {
        let failed = |outcome| line("chk", Change::Down, &outcome);
        assert_eq!(
            failed(Outcome::Exited(1)),
            "VRRP_Script(chk) failed (exited with status 1)"
        );
        assert_eq!(
            failed(Outcome::Signalled(9)),
            "VRRP_Script(chk) failed (due to signal 9)"
        );
        assert_eq!(failed(Outcome::TimedOut), "VRRP_Script(chk) timed out");
        let succeeded = line("chk", Change::Up, &Outcome::Exited(0));
        assert_eq!(succeeded, "VRRP_Script(chk) succeeded");
    }
}
