//! Frames for whoever captures.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(doc)]
use super::{Port, Reason};

/// Bytes of the ring of [`CapturedFrame`]s: room for some eighteen hundred.
pub const CAPTURE_BYTES: usize = 524_288;
/// Bytes of a frame that are captured. What can be judged is shorter, unless it is padded.
pub const CAPTURE_SNAP: usize = 256;

/// Whether somebody captures. Read before a frame is copied, and only for frames that could be captured.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct CaptureSwitch {
    /// [`CAPTURE_NOTHING`], [`CAPTURE_REJECTED`] or [`CAPTURE_ACCEPTED`].
    pub level: u32,
}
const _: () = assert!(size_of::<CaptureSwitch>() == 4);

/// Nobody captures.
pub const CAPTURE_NOTHING: u32 = 0;
/// Rejected advertisements and foreign claims are captured.
pub const CAPTURE_REJECTED: u32 = 1;
/// Accepted advertisements are captured too.
pub const CAPTURE_ACCEPTED: u32 = 2;

/// What is said of a frame that is copied.
#[derive(Debug, Clone, Copy)]
pub struct CaptureHead {
    /// [`Port::number`].
    pub port: u16,
    /// The [`Reason`] it was counted by.
    pub reason: u8,
    /// `XDP_DROP` (1) or `XDP_PASS` (2).
    pub action: u8,
}

/// What there was no room for in the ring.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct CaptureLosses {
    /// Frames since the program was loaded.
    pub frames: u64,
}

/// A frame as it came from the wire, and what was said of it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CapturedFrame {
    /// When it was captured, in nanoseconds of `CLOCK_MONOTONIC`.
    pub time_ns: u64,
    /// Bytes of `bytes` that are the frame's. At [`CAPTURE_SNAP`] there may have been more; how many, only who has `CAP_PERFMON` may compute.
    pub length: u16,
    /// [`Port::number`].
    pub port: u16,
    /// The [`Reason`] it was counted by.
    pub reason: u8,
    /// What was answered: `XDP_DROP` (1), and then it went no further, or `XDP_PASS` (2).
    pub action: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// The frame. Behind its end is whatever was there before.
    pub bytes: [u8; CAPTURE_SNAP],
}
const _: () = assert!(size_of::<CapturedFrame>() == 16 + CAPTURE_SNAP);

impl CapturedFrame {
    /// Whether it went no further.
    #[must_use]
    pub const fn is_dropped(&self) -> bool {
        self.action == 1
    }
}
