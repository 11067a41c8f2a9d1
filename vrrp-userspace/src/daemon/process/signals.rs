//! The signals that mean something to us.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals we wait for.
pub(in crate::daemon) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    record: Signal,
    /// keepalived writes statistics and JSON on these; by default they would end the process.
    others: [(i32, Signal); 3],
}

/// SIGUSR2, and those that keepalived calls JSON (SIGRTMIN + 2) and STATS_CLEAR (SIGRTMAX - 1).
const OTHERS: [i32; 3] = [12, 36, 63];

impl Signals {
    pub(in crate::daemon) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be caught");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
            record: listen(SignalKind::user_defined1())?,
            others: [
                (OTHERS[0], listen(SignalKind::from_raw(OTHERS[0]))?),
                (OTHERS[1], listen(SignalKind::from_raw(OTHERS[1]))?),
                (OTHERS[2], listen(SignalKind::from_raw(OTHERS[2]))?),
            ],
        })
    }

    /// The next order, however it was given.
    pub(in crate::daemon) async fn next_order(&mut self) -> Order {
        let [first, second, third] = &mut self.others;
        tokio::select! {
            _ = first.1.recv() => Order::Unknown(first.0),
            _ = second.1.recv() => Order::Unknown(second.0),
            _ = third.1.recv() => Order::Unknown(third.0),
            _ = self.terminate.recv() => Order::Stop,
            _ = self.interrupt.recv() => Order::Stop,
            _ = self.hang_up.recv() => Order::Reload,
            _ = self.record.recv() => Order::Record,
        }
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Order {
    Stop,
    Reload,
    Record,
    /// Something that keepalived knows and we do not, yet.
    Unknown(i32),
}
