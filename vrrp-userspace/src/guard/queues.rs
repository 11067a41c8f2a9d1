//! Whose turn is it? The order in which notifications start.
//!
//! Pure: it holds what waits and says what may start.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::message::{Run, RunId, Script};
use crate::protocol::Monotonic;

/// How long a notification may hold up the next one of its queue; then they run side by side, as all of them
/// do in keepalived.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many may wait in one queue. Beyond that the oldest are given up: what counts is the latest state.
const LONGEST_QUEUE: usize = 64;

/// A run, and the script it is of as it was when the run was ordered: the table may have changed before it is its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) run: Run,
    pub(super) script: Script,
}

/// One queue of notifications per virtual router.
#[derive(Debug, Default)]
pub(super) struct Queues {
    waiting: BTreeMap<u32, VecDeque<Waiting>>,
    /// Who holds up which queue, and until when.
    busy: BTreeMap<u32, (RunId, Monotonic)>,
}

impl Queues {
    /// Lets `run` wait in `queue`, and returns the one given up for it if the queue is full.
    pub(super) fn push(&mut self, queue: u32, run: Waiting) -> Option<Waiting> {
        let waiting = self.waiting.entry(queue).or_default();
        waiting.push_back(run);
        if waiting.len() > LONGEST_QUEUE {
            waiting.pop_front()
        } else {
            None
        }
    }

    /// The next that may start; its queue is busy from now on.
    pub(super) fn next(&mut self, now: Monotonic) -> Option<Waiting> {
        self.busy.retain(|_queue, (_run, until)| *until > now);
        let queue = *self
            .waiting
            .keys()
            .find(|queue| !self.busy.contains_key(*queue))?;
        let waiting = self.waiting.get_mut(&queue)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&queue);
        }
        let next = next?;
        self.busy.insert(queue, (next.run.run, now + PATIENCE));
        Some(next)
    }

    /// `run` no longer holds anybody up.
    pub(super) fn finished(&mut self, run: RunId) {
        self.busy
            .retain(|_queue, (busy_with, _until)| *busy_with != run);
    }

    /// All that wait, each queue in its order.
    pub(super) fn take_all(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
            .into_values()
            .flatten()
            .collect()
    }

    /// When patience with somebody ends.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        let held_up = self
            .busy
            .iter()
            .filter(|(queue, _)| self.waiting.contains_key(queue));
        held_up.map(|(_, (_, until))| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::message::*, *};

    const START: Monotonic = Monotonic::from_nanos(0);
    const HA_V1: u32 = 0;
    const HA_V2: u32 = 1;

    fn run(number: u64) -> Waiting {
        let run = Run {
            run: RunId(number),
            script: ScriptIndex(0),
            arguments: Vec::new(),
            timeout: None,
            purpose: Purpose::Notification { queue: 0 },
        };
        let script = Script {
            argv: Vec::new(),
            uid: 0,
            gid: 0,
        };
        Waiting { run, script }
    }

    fn queues(waiting: &[(u32, u64)]) -> Queues {
        let mut queues = Queues::default();
        for (queue, number) in waiting {
            assert_eq!(queues.push(*queue, run(*number)), None);
        }
        queues
    }

    fn next(queues: &mut Queues, now: Monotonic) -> Option<u64> {
        queues.next(now).map(|next| next.run.run.0)
    }

    #[test]
    fn notifications_of_one_router_wait_for_each_other() {
        let mut queues = queues(&[(HA_V1, 1), (HA_V1, 2)]);
        assert_eq!(next(&mut queues, START), Some(1));
        assert_eq!(next(&mut queues, START), None);

        queues.finished(RunId(1));
        assert_eq!(next(&mut queues, START), Some(2));
    }

    #[test]
    fn a_slow_notification_holds_up_the_next_for_a_while_only() {
        let mut queues = queues(&[(HA_V1, 1), (HA_V1, 2)]);
        next(&mut queues, START);

        let patience_ends = queues.deadline().unwrap();
        assert_eq!(patience_ends, START + PATIENCE);
        assert_eq!(
            next(&mut queues, patience_ends - Duration::from_nanos(1)),
            None
        );
        assert_eq!(next(&mut queues, patience_ends), Some(2));
    }

    #[test]
    fn routers_do_not_wait_for_each_other() {
        let mut queues = queues(&[(HA_V1, 1), (HA_V1, 2), (HA_V2, 3)]);
        assert_eq!(next(&mut queues, START), Some(1));
        assert_eq!(next(&mut queues, START), Some(3));
        assert_eq!(next(&mut queues, START), None);
    }

    #[test]
    fn a_full_queue_gives_up_the_oldest() {
        let mut queues = Queues::default();
        for number in 0..64 {
            assert_eq!(queues.push(HA_V1, run(number)), None);
        }
        assert_eq!(queues.push(HA_V1, run(64)), Some(run(0)));
        assert_eq!(queues.take_all().len(), 64);
    }

    #[test]
    fn there_is_no_deadline_when_nobody_waits() {
        let mut queues = queues(&[(HA_V1, 1)]);
        next(&mut queues, START);
        assert_eq!(queues.deadline(), None);
    }
}
