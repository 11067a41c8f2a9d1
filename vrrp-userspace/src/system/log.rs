//! Log lines, from whoever has one to say to the console and to syslog.
//!
//! Saying one never waits: lines go through a bounded queue to a thread of their own, and only that thread
//! meets a terminal nobody reads or a syslog daemon that is gone. What does not fit is dropped and counted,
//! and the count becomes a line as soon as there is room.
//!
//! The text of a line is the event's message, unchanged, because people search for it; fields are added at
//! the end, and only in the most detailed log.

mod layer;
mod line;
mod queue;
mod sink;
mod writer;

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, mpsc},
    thread,
    time::Duration,
};

use tracing_subscriber::{Registry, layer::SubscriberExt};

use self::{
    layer::LogLayer,
    queue::Queue,
    sink::{Console, Sink, Syslog},
};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Transitions, and whatever somebody should know.
    #[default]
    Normal,
    /// `-D`: also what is odd but handled.
    Detailed,
    /// `-D -D`: also the fields of each event, and what the libraries say.
    Full,
}

impl Detail {
    /// The last level worth an event at all.
    fn most(self) -> log::LevelFilter {
        match self {
            Self::Normal => log::LevelFilter::Info,
            Self::Detailed | Self::Full => log::LevelFilter::Debug,
        }
    }
}

/// Where lines go and how many of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// To standard error, `-l`.
    pub console: bool,
    /// To `/dev/log`, unless `-G`.
    pub syslog: bool,
    /// How much.
    pub detail: Detail,
    /// The number of the syslog facility: 3 is `daemon`, 16 to 23 are `local0` to `local7` (`-S`).
    pub facility: u8,
    /// The name syslog shows; keepalived's `Keepalived_vrrp` keeps filters working.
    pub ident: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            console: false,
            syslog: true,
            detail: Detail::Normal,
            facility: 3,
            ident: "Keepalived_vrrp".into(),
        }
    }
}

/// The running log. Lines said after its end are lost.
#[derive(Debug, Clone)]
pub struct Log {
    queue: Queue,
    ended: Arc<Mutex<mpsc::Receiver<()>>>,
}

/// The log of the whole process.
static OF_THE_PROCESS: OnceLock<Log> = OnceLock::new();

/// Has the log of the process write what is queued, and gives it until `deadline`: for a process that is about to end on the spot, on
/// whichever thread, perhaps the log's own.
pub fn finish_at_once(deadline: Duration) {
    if let Some(log) = OF_THE_PROCESS.get() {
        log.write_out(deadline);
    }
}

impl Log {
    /// Starts the log and makes it that of the whole process, for users of `tracing` and of `log`.
    ///
    /// # Errors
    /// When the thread cannot be made, or the process has a log already.
    pub fn start(settings: &LogSettings) -> io::Result<Self> {
        let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
        if settings.console {
            sinks.push(Box::new(Console::new(io::stderr())));
        }
        if settings.syslog {
            sinks.push(Box::new(Syslog::new(&settings.ident, settings.facility)));
        }
        let (log, layer) = Self::with_sinks(sinks, settings.detail)?;
        let subscriber = Registry::default().with(layer);
        tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
        tracing_log::LogTracer::init_with_filter(settings.detail.most())
            .map_err(io::Error::other)?;
        OF_THE_PROCESS.set(log.clone()).ok();
        Ok(log)
    }

    fn with_sinks(sinks: Vec<Box<dyn Sink>>, detail: Detail) -> io::Result<(Self, LogLayer)> {
        let (queue, lines) = queue::new()?;
        let (end, ended) = mpsc::channel();
        thread::Builder::new().name("log".into()).spawn(move || {
            writer::run(&lines, sinks);
            drop(end);
        })?;
        Ok((
            Self {
                queue: queue.clone(),
                ended: Arc::new(Mutex::new(ended)),
            },
            LogLayer::new(queue, detail),
        ))
    }

    /// Writes what is queued and ends. False if that is not done after `deadline`.
    pub fn finish(self, deadline: Duration) -> bool {
        self.write_out(deadline)
    }

    fn write_out(&self, deadline: Duration) -> bool {
        self.queue.close();
        // Somebody who waits already waits for the same.
        let ended = self.ended.try_lock();
        ended.is_ok_and(|ended| {
            ended.recv_timeout(deadline) == Err(mpsc::RecvTimeoutError::Disconnected)
        })
    }
}

#[cfg(test)]
mod tests;
