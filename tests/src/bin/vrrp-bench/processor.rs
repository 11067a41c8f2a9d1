//! Processor time, as the scheduler counts it: not by ticks, which miss what is shorter.

use std::fs;
use std::time::Duration;

use vrrp_tests::{Moment, Node};

/// What a node's daemon has used so far, with its guard or children.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    pub(crate) time: Duration,
    /// How often it was given a processor.
    pub(crate) switches: u64,
}

/// What is used now by every process of the daemon on `node`.
pub(crate) fn of(node: &Node) -> Use {
    let found = node.machine().output("pidof", &["/usr/sbin/keepalived"]);
    let pids = String::from_utf8_lossy(&found.stdout).into_owned();
    let mut sum = Use::default();
    for pid in pids.split_whitespace() {
        let tasks = node.machine().path(&format!("/proc/{pid}/task"));
        for task in fs::read_dir(tasks).into_iter().flatten().flatten() {
            let said = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let mut numbers = said.split_whitespace().map(|number| number.parse::<u64>());
            if let (Some(Ok(time)), Some(_), Some(Ok(count))) =
                (numbers.next(), numbers.next(), numbers.next())
            {
                sum.time += Duration::from_nanos(time);
                sum.switches += count;
            }
        }
    }
    sum
}

/// The most memory that the daemon's processes have had, in MiB together.
pub(crate) fn peak_memory(node: &Node) -> f64 {
    let found = node.machine().output("pidof", &["/usr/sbin/keepalived"]);
    let pids = String::from_utf8_lossy(&found.stdout).into_owned();
    let of_one = |pid: &str| -> Option<f64> {
        let path = node.machine().path(&format!("/proc/{pid}/status"));
        let status = fs::read_to_string(path).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024.0)
    };
    pids.split_whitespace().filter_map(of_one).sum()
}

/// The whole machine's idle time, all processors together, and when that was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine {
    idle: Duration,
    at: Moment,
    processors: u32,
}

impl Machine {
    /// Now. The kernel keeps idle time to the microsecond and tells it in hundredths of a second.
    pub(crate) fn now() -> Self {
        let said = fs::read_to_string("/proc/stat").unwrap_or_default();
        let all = said.lines().next().unwrap_or_default();
        let ticks = |column: usize| -> u64 {
            let word = all.split_whitespace().nth(column);
            word.and_then(|word| word.parse().ok()).unwrap_or(0)
        };
        let is_processor = |line: &&str| {
            line.strip_prefix("cpu")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let processors = said.lines().filter(is_processor).count();
        Self {
            idle: Duration::from_millis(10 * (ticks(4) + ticks(5))),
            at: Moment::now(),
            processors: u32::try_from(processors).unwrap_or(1),
        }
    }

    /// How long processors were busy since `before`, of all of them together.
    pub(crate) fn busy_since(&self, before: &Self) -> Duration {
        let passed = self.at.since(before.at) * self.processors;
        passed.saturating_sub(self.idle.saturating_sub(before.idle))
    }
}
