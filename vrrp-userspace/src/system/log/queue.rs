//! The lines on their way to the writer.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fd::OwnedFd,
    io::Errno,
    pipe::{PipeFlags, pipe_with},
};

use super::line::Line;

/// Lines that wait at most.
pub(super) const LINES: usize = 4096;

/// The end lines are put into. Clones are the same queue.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    lines: SyncSender<Line>,
    shared: Arc<Shared>,
}

/// The end lines come out of.
#[derive(Debug)]
pub(super) struct Lines {
    lines: Receiver<Line>,
    shared: Arc<Shared>,
    bell: OwnedFd,
}

#[derive(Debug)]
struct Shared {
    dropped: AtomicU64,
    is_closed: AtomicBool,
    doorbell: OwnedFd,
}

pub(super) fn new() -> io::Result<(Queue, Lines)> {
    let (sender, receiver) = sync_channel(LINES);
    let (bell, doorbell) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
    let shared = Arc::new(Shared {
        dropped: AtomicU64::new(0),
        is_closed: AtomicBool::new(false),
        doorbell,
    });
    Ok((
        Queue {
            lines: sender,
            shared: Arc::clone(&shared),
        },
        Lines {
            lines: receiver,
            shared,
            bell,
        },
    ))
}

impl Queue {
    /// Puts a line in, or counts it as dropped. Never waits.
    ///
    /// The writer waits at a pipe and never inside the channel, so the channel never has a sleeper to wake,
    /// for which it would take a lock.
    pub(super) fn push(&self, line: Line) {
        if self.lines.try_send(line).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.ring();
    }

    /// Lets the writer end when the queue is empty.
    pub(super) fn close(&self) {
        self.shared.is_closed.store(true, Ordering::Release);
        self.ring();
    }

    fn ring(&self) {
        // Fails when the pipe is full, and then the bell rings already.
        rustix::io::write(&self.shared.doorbell, &[0]).ok();
    }
}

impl Lines {
    /// The next line, if one is there.
    pub(super) fn take(&self) -> Option<Line> {
        self.lines.try_recv().ok()
    }

    /// How many lines were dropped since this was asked last.
    pub(super) fn take_dropped(&self) -> u64 {
        self.shared.dropped.swap(0, Ordering::Relaxed)
    }

    /// Waits until there may be a line; false when the queue is closed.
    pub(super) fn wait(&self) -> bool {
        if self.shared.is_closed.load(Ordering::Acquire) {
            return false;
        }
        let mut bell = [PollFd::new(&self.bell, PollFlags::IN)];
        while poll(&mut bell, None) == Err(Errno::INTR) {}
        // Silenced before the queue is looked at: whoever pushes from here on rings again.
        rustix::io::read(&self.bell, &mut [0; 4096]).ok();
        true
    }
}
