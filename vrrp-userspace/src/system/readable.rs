//! Descriptors that the runtime waits for.

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

use tokio::io::{Interest, unix::AsyncFd};

/// Registers `inner`, to be waited for until it can be read. Inside a runtime only.
///
/// # Errors
///
/// The runtime has no room, or the descriptor cannot be polled.
#[expect(
    deprecated,
    reason = "deprecated because AsRawFd alone does not prove that the descriptor is owned; AsFd, asked for here, does"
)]
pub fn readable<T: AsFd + AsRawFd>(inner: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(inner, Interest::READABLE)
}
