//! What can go wrong between us and the kernel.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

/// Why a netlink request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetlinkError {
    /// The interface does not exist (any more).
    #[error("there is no interface `{0}`")]
    NoInterface(String),
    /// The kernel refused, with this error number.
    #[error("{}", io::Error::from_raw_os_error(.0.raw_os_error()))]
    Refused(Errno),
    /// No answer in time.
    #[error("the kernel did not answer in time")]
    Silent,
    /// The socket is gone.
    #[error("the netlink connection is closed")]
    Closed,
    /// An answer that makes no sense.
    #[error("the kernel's answer was not understood: {0}")]
    NotUnderstood(String),
}

impl NetlinkError {
    /// From the negative error number of an answer.
    pub(super) fn refused(code: i32) -> Self {
        Self::Refused(Errno::from_raw_os_error(code.wrapping_neg()))
    }

    pub(super) fn is(&self, errno: Errno) -> bool {
        *self == Self::Refused(errno)
    }

    pub(in crate::system) fn is_no_such_interface(&self) -> bool {
        matches!(self, Self::NoInterface(_)) || self.is(Errno::NODEV)
    }
}
