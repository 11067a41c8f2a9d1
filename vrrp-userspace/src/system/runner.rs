//! Has scripts run by the guard, and hears how they end.
//!
//! Nobody waits for a script here: a tracking script is a future, a notification is told and forgotten. What a
//! result means is for [`tracking`](crate::tracking) to say.

mod schedule;

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::UnixDatagram,
    signal::unix::{SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::sleep,
};
use tracing::{error, info, warn};

pub use schedule::{ScriptChanged, TrackedScript, track};

use crate::guard::{
    GuardLink, GuardSender, LinkError, Outcome, Purpose, Report, Run, RunId, ScriptIndex, Table,
};

/// How long to wait before a guard that died is replaced; one that cannot live must not take the machine along.
const BREATH: Duration = Duration::from_secs(1);

/// The way to run scripts. Clones share it.
#[derive(Debug, Clone)]
pub struct Runner {
    guard: GuardSender,
    table: SharedTable,
    next: Arc<AtomicU64>,
    awaited: Awaited,
    process: GuardProcess,
}

/// What the guard was told, for the one that replaces it, and its version. Locked while a table is told, so that two never mix.
type SharedTable = Arc<Mutex<(u64, Table)>>;

/// The process number of the guard; 0 while there is none.
type GuardProcess = Arc<AtomicU32>;

/// Who wants to know what becomes of which run.
type Awaited = Arc<Mutex<BTreeMap<RunId, UnboundedSender<Progress>>>>;

/// What became of a run of a tracking script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    /// Its time is up; it has been told to end.
    Overdue,
    /// It is over.
    Finished(Outcome),
}

/// The other half of the [`Runner`]: hears reports, and replaces a guard that dies.
#[derive(Debug)]
pub struct Reports {
    link: GuardLink,
    table: SharedTable,
    awaited: Awaited,
    process: GuardProcess,
}

impl Runner {
    /// Tells the guard its table and takes over the link to it. [`Reports::serve`] has to run for any outcome to be
    /// heard.
    ///
    /// # Errors
    /// When the guard does not take the table.
    pub fn new(link: GuardLink, table: Table) -> Result<(Self, Reports), LinkError> {
        let guard = link.sender();
        guard.install(&table)?;
        let table = Arc::new(Mutex::new((0, table)));
        let awaited = Awaited::default();
        let process = Arc::new(AtomicU32::new(link.process()));
        let runner = Self {
            guard,
            table: Arc::clone(&table),
            next: Arc::default(),
            awaited: Arc::clone(&awaited),
            process: Arc::clone(&process),
        };
        Ok((
            runner,
            Reports {
                link,
                table,
                awaited,
                process,
            },
        ))
    }

    /// Tells the guard a new table; what is claimed stays claimed, so a slot keeps its number. Waits for the guard to make room. A table that
    /// is overtaken by one of a higher `version` is not told any more.
    ///
    /// # Errors
    /// When the guard does not take it; the old table then holds.
    pub fn install(&self, version: u64, table: Table) -> Result<(), LinkError> {
        let mut known = lock(&self.table);
        if version > known.0 {
            self.guard.install(&table)?;
            *known = (version, table);
        }
        Ok(())
    }

    /// Runs a notify script when the earlier ones of `queue` have had their turn. Its outcome interests nobody.
    pub fn notify(&self, queue: u32, script: ScriptIndex, arguments: Vec<String>) {
        let purpose = Purpose::Notification { queue };
        let run = Run {
            run: self.next_run(),
            script,
            arguments,
            timeout: None,
            purpose,
        };
        if let Err(error) = self.guard.run(run) {
            warn!("a notify script could not be run: {error}");
        }
    }

    /// Starts a tracking script; what becomes of it comes through the channel. The channel closes without a word
    /// if nobody will ever know.
    fn start(&self, script: ScriptIndex, timeout: Duration) -> UnboundedReceiver<Progress> {
        let (progress, receiver) = unbounded_channel();
        let run = self.next_run();
        let order = Run {
            run,
            script,
            arguments: Vec::new(),
            timeout: Some(timeout),
            purpose: Purpose::Tracking,
        };
        lock(&self.awaited).insert(run, progress);
        if let Err(error) = self.guard.run(order) {
            lock(&self.awaited).remove(&run);
            warn!("a track script could not be run: {error}");
        }
        receiver
    }

    /// The process number of the guard, unless it has died and no other has taken its place yet.
    #[must_use]
    pub fn guard_process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }

    fn next_run(&self) -> RunId {
        RunId(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Reports {
    /// Hears reports for as long as it is polled.
    ///
    /// # Errors
    /// When the guard is gone and cannot be replaced. The daemon can go on without scripts, and has to say so.
    pub async fn serve(mut self) -> io::Result<()> {
        loop {
            let heard = self.hear_until_the_guard_ends().await;
            self.process.store(0, Ordering::Relaxed);
            heard?;
            error!("the guard process died: scripts in progress are lost, a new one is started");
            lock(&self.awaited).clear();
            sleep(BREATH).await;
            self.link.replace()?;
            self.process.store(self.link.process(), Ordering::Relaxed);
            let table = lock(&self.table);
            self.link
                .sender()
                .install(&table.1)
                .map_err(io::Error::other)?;
        }
    }

    async fn hear_until_the_guard_ends(&mut self) -> io::Result<()> {
        // Before the question whether it lives, so that its end cannot fall in between.
        let mut children = signal(SignalKind::child())?;
        let reports = UnixDatagram::from_std(self.link.reports()?)?;
        let mut datagram = vec![0; GuardLink::LONGEST_REPORT];
        while !self.link.has_ended()? {
            tokio::select! {
                length = reports.recv(&mut datagram) => self.pass_on(&datagram[..length?]),
                _ = children.recv() => {}
            }
        }
        Ok(())
    }

    fn pass_on(&self, datagram: &[u8]) {
        let mut awaited = lock(&self.awaited);
        match GuardLink::read_report(datagram) {
            Ok(Report::Overdue { run }) => {
                if let Some(progress) = awaited.get(&run) {
                    progress.send(Progress::Overdue).ok();
                }
            }
            Ok(Report::Finished { run, outcome }) => match awaited.remove(&run) {
                Some(progress) => drop(progress.send(Progress::Finished(outcome))),
                None => log_notification(&outcome),
            },
            Err(error) => warn!("a report of the guard was not understood: {error}"),
        }
    }
}

fn log_notification(outcome: &Outcome) {
    match outcome {
        Outcome::Exited(0) => {}
        Outcome::CouldNotStart(_) => warn!("a notify script {outcome}"),
        Outcome::Exited(_) | Outcome::Signalled(_) | Outcome::TimedOut => {
            info!("a notify script {outcome}");
        }
    }
}

/// Nothing panics while it holds this lock, and a map is never half changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
