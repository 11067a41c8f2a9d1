//! Ctrl-C: ends the connection, so that what has come is still written.

use std::{
    io,
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

/// What a shell calls the end by an interrupt.
const INTERRUPTED: i32 = 130;

/// Whether somebody has said that it is enough.
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches for the signals that end us. The first ends `connection`; a second ends the process, in case nobody takes what is written.
    ///
    /// # Errors
    ///
    /// No thread or descriptor is to be had.
    pub(super) fn watch(connection: UnixStream) -> io::Result<Self> {
        let has_come = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_come);
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (mut interrupts, mut ends, mut hangups) = runtime.block_on(async {
            let watch = |kind| signal(kind);
            io::Result::Ok((
                watch(SignalKind::interrupt())?,
                watch(SignalKind::terminate())?,
                watch(SignalKind::hangup())?,
            ))
        })?;
        let wait = move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupts.recv() => {}
                        _ = ends.recv() => {}
                        _ = hangups.recv() => {}
                    }
                    if flag.swap(true, Ordering::AcqRel) {
                        std::process::exit(INTERRUPTED);
                    }
                    connection.shutdown(Shutdown::Both).ok();
                }
            });
        };
        std::thread::Builder::new()
            .name("interrupt".into())
            .spawn(wait)?;
        Ok(Self(has_come))
    }

    /// Whether it has been said.
    pub(super) fn has_come(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
