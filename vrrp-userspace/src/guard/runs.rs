//! The scripts that run, those that wait, and what there is to report about them.

use std::{collections::VecDeque, os::fd::BorrowedFd};

use rustix::process::Signal;

use super::{
    message::{Outcome, Purpose, Report, Run, RunId, Script, ScriptIndex},
    process::Process,
    queues::{Queues, Waiting},
};
use crate::protocol::Monotonic;

/// How many notifications run at a time, whatever their queues.
const NOTIFICATIONS_AT_A_TIME: usize = 32;

/// All runs of scripts.
#[derive(Debug, Default)]
pub(super) struct Runs {
    running: Vec<Process>,
    queues: Queues,
    reports: VecDeque<Report>,
}

impl Runs {
    /// Takes an order for `script`, if there is such a script: a tracking script starts now, a notification when it is its turn.
    pub(super) fn order(&mut self, run: Run, script: Option<Script>, now: Monotonic) {
        let Some(script) = script else {
            return self.refuse(run.run, "there is no such script");
        };
        match run.purpose {
            Purpose::Tracking if self.is_tracking(run.script) => {
                self.refuse(run.run, "it is still running");
            }
            Purpose::Tracking => self.start(&run, &script, now),
            Purpose::Notification { queue } => {
                if let Some(given_up) = self.queues.push(queue, Waiting { run, script }) {
                    self.refuse(given_up.run.run, "too many notifications are waiting");
                }
            }
        }
    }

    /// Brings everything up to date: collects what has ended, ends what is overdue, starts whose turn it is.
    pub(super) fn advance(&mut self, now: Monotonic) {
        self.collect();
        for process in &mut self.running {
            if process.expire(now) {
                self.reports.push_back(Report::Overdue { run: process.run });
            }
        }
        while self.has_room() {
            let Some(Waiting { run, script }) = self.queues.next(now) else {
                break;
            };
            self.start(&run, &script, now);
        }
    }

    /// The daemon has stopped: nobody wants the answers of tracking scripts any more, and what waits has to be
    /// said now or never.
    pub(super) fn farewell(&mut self) {
        self.signal_tracking(Signal::TERM);
        for Waiting { run, script } in self.queues.take_all() {
            self.start(&run, &script, Monotonic::default());
        }
    }

    /// The daemon was killed: tracking scripts have no one to answer to, and notifications speak of a state that is
    /// over; those are asked, for they may have something to finish.
    pub(super) fn daemon_died(&self) {
        self.signal_tracking(Signal::KILL);
        let notifications = self
            .running
            .iter()
            .filter(|process| !is_tracking(process.purpose));
        notifications.for_each(|process| process.signal(Signal::TERM));
    }

    /// The oldest report, to be [taken away](Self::reported) once the daemon has it.
    pub(super) fn report(&self) -> Option<&Report> {
        self.reports.front()
    }

    /// The oldest report has been delivered.
    pub(super) fn reported(&mut self) {
        self.reports.pop_front();
    }

    /// What becomes readable when a script ends.
    pub(super) fn ended(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.running.iter().map(Process::ended)
    }

    /// When to come back with [`Self::advance`] at the latest.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        let turn = self.queues.deadline().filter(|_| self.has_room());
        self.running
            .iter()
            .filter_map(Process::deadline)
            .chain(turn)
            .min()
    }

    fn start(&mut self, run: &Run, script: &Script, now: Monotonic) {
        match Process::start(run, script, now) {
            Ok(process) => self.running.push(process),
            Err(reason) => self.refuse(run.run, &reason),
        }
    }

    fn refuse(&mut self, run: RunId, reason: &str) {
        self.finish(run, Outcome::CouldNotStart(reason.into()));
    }

    fn collect(&mut self) {
        let outcomes = self
            .running
            .iter_mut()
            .map(|process| (process.run, process.outcome()));
        let ended: Vec<_> = outcomes
            .filter_map(|(run, outcome)| Some((run, outcome?)))
            .collect();
        self.running
            .retain(|process| ended.iter().all(|(run, _)| *run != process.run));
        for (run, outcome) in ended {
            self.finish(run, outcome);
        }
    }

    fn finish(&mut self, run: RunId, outcome: Outcome) {
        self.queues.finished(run);
        self.reports.push_back(Report::Finished { run, outcome });
    }

    fn is_tracking(&self, script: ScriptIndex) -> bool {
        self.running
            .iter()
            .any(|process| process.script == script && is_tracking(process.purpose))
    }

    fn signal_tracking(&self, signal: Signal) {
        let tracking = self
            .running
            .iter()
            .filter(|process| is_tracking(process.purpose));
        tracking.for_each(|process| process.signal(signal));
    }

    fn has_room(&self) -> bool {
        let notifications = self
            .running
            .iter()
            .filter(|process| !is_tracking(process.purpose));
        notifications.count() < NOTIFICATIONS_AT_A_TIME
    }
}

const fn is_tracking(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Tracking)
}
