//! From the daemon's connection to the writer, without waiting for him.

use std::{
    io::{self, BufRead as _, BufReader},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use crate::daemon::{CaptureLine, CaptureLosses, CaughtFrame};

/// Frames that may wait for the writer.
const WAITING: usize = 16_384;

/// Something for the writer.
#[derive(Debug)]
pub(super) enum Received {
    /// A frame.
    Frame(Box<CaughtFrame>),
    /// A line that means nothing to us; the last.
    Garbage(String),
}

/// The writer's end.
pub(super) struct Queue {
    received: Receiver<Received>,
    losses: Arc<Losses>,
}

#[derive(Debug, Default)]
struct Losses {
    /// As the daemon tells them.
    there: AtomicU64,
    /// For which there was no room here.
    here: AtomicU64,
}

impl Queue {
    /// Reads `connection` to its end, in a thread of its own.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(super) fn read(connection: BufReader<UnixStream>) -> io::Result<Self> {
        let (sender, received) = sync_channel(WAITING);
        let losses = Arc::new(Losses::default());
        let shared = Arc::clone(&losses);
        std::thread::Builder::new()
            .name("reader".into())
            .spawn(move || pass_on(connection, &sender, &shared))?;
        Ok(Self { received, losses })
    }

    /// What is there already.
    pub(super) fn waiting(&mut self) -> Option<Received> {
        self.received.try_recv().ok()
    }

    /// Waits for what comes next; nothing when the connection has ended.
    pub(super) fn next(&mut self) -> Option<Received> {
        self.received.recv().ok()
    }

    /// Frames that were captured and will not come.
    pub(super) fn lost(&self) -> u64 {
        let Losses { there, here } = &*self.losses;
        there.load(Ordering::Acquire) + here.load(Ordering::Acquire)
    }
}

fn pass_on(connection: BufReader<UnixStream>, to: &SyncSender<Received>, losses: &Losses) {
    for line in connection.lines() {
        // An end in the middle of a line is an end.
        let Ok(line) = line else {
            return;
        };
        let received = match serde_json::from_str(&line) {
            Ok(CaptureLine::Frame(frame)) => Received::Frame(Box::new(frame)),
            Ok(CaptureLine::Lost(lost)) => {
                note(losses, lost);
                continue;
            }
            Err(_) if line.is_empty() => continue,
            Err(_) => {
                to.send(Received::Garbage(line)).ok();
                return;
            }
        };
        match to.try_send(received) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => drop(losses.here.fetch_add(1, Ordering::AcqRel)),
            Err(TrySendError::Disconnected(_)) => return,
        }
    }
}

fn note(losses: &Losses, told: CaptureLosses) {
    losses.there.store(told.total(), Ordering::Release);
}
