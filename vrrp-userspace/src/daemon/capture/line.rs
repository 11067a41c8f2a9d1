//! What a listener is told, as it goes over the control socket.

use serde::{Deserialize, Serialize};
use vrrp_ebpf::{
    abi::{CAPTURE_SNAP, CapturedFrame, Reason},
    frame::Frame as _,
    wire::{ethernet, ipv4},
};

use crate::daemon::{reasons::meaning, tap::Tapped};

/// A line for a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureLine {
    /// A frame.
    Frame(CaughtFrame),
    /// Frames that are missing, since the listener was put through.
    Lost(CaptureLosses),
}

/// Frames there was no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaptureLosses {
    /// In the ring of the program.
    pub in_kernel: u64,
    /// In the queue of the raw path.
    pub in_daemon: u64,
}

impl CaptureLosses {
    pub(super) const fn since(self, before: Self) -> Self {
        Self {
            in_kernel: self.in_kernel.saturating_sub(before.in_kernel),
            in_daemon: self.in_daemon.saturating_sub(before.in_daemon),
        }
    }

    /// Of both.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.in_kernel.saturating_add(self.in_daemon)
    }
}

/// A frame and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaughtFrame {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub time_ns: u64,
    /// The name of the interface.
    pub interface: String,
    /// What `bytes` begins with.
    pub layer: Layer,
    /// The name of the counter: `accepted`, `ip_ttl`, …
    pub reason: String,
    /// The reason in words, for people.
    pub comment: String,
    /// Of the frame on the wire, as far as that is known.
    pub length: usize,
    /// As much of it as was kept.
    #[serde(with = "hex")]
    pub bytes: Vec<u8>,
}

/// Where a frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// With its Ethernet header.
    Ethernet,
    /// With its IP header: the raw socket does not show what was before it.
    Ip,
}

impl CaughtFrame {
    /// Whether it passed every check.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.reason == Reason::Accepted.name()
    }

    /// A frame of the program, and the number of its interface; the name is for others to know.
    pub(super) fn of_program(frame: &CapturedFrame) -> (u16, Self) {
        let length = usize::from(frame.length).min(CAPTURE_SNAP);
        let bytes = frame.bytes.get(..length).unwrap_or_default();
        let reason = Reason::ALL.get(usize::from(frame.reason));
        let reason = *reason.unwrap_or(&Reason::Undecided);
        let caught = Self {
            time_ns: frame.time_ns,
            interface: String::new(),
            layer: Layer::Ethernet,
            reason: reason.name().into(),
            comment: comment(reason, frame.is_dropped()),
            length: length_on_the_wire(bytes),
            bytes: bytes.to_vec(),
        };
        (frame.port, caught)
    }

    /// The same of the raw path, which drops nothing: others have heard it too.
    pub(super) fn of_raw_path(frame: Tapped) -> (u16, Self) {
        let caught = Self {
            time_ns: frame.time.as_nanos(),
            interface: String::new(),
            layer: frame.layer,
            reason: frame.reason.name().into(),
            comment: comment(frame.reason, false),
            length: frame.length,
            bytes: frame.bytes,
        };
        (frame.port, caught)
    }
}

fn comment(reason: Reason, is_dropped: bool) -> String {
    let dropped = if is_dropped { " (dropped)" } else { "" };
    if reason == Reason::Accepted {
        // Its meaning is about all of them.
        return format!("accepted{dropped}");
    }
    format!("{}: {}{dropped}", reason.name(), meaning(reason))
}

/// Of a frame that was cut only its IP header says how long it was.
fn length_on_the_wire(bytes: &[u8]) -> usize {
    let kept = bytes.len();
    if kept < CAPTURE_SNAP {
        return kept;
    }
    let tag = bytes.header::<ethernet::Header>(0);
    let at = match tag {
        Some(ethernet) if ethernet.is_tagged() => ethernet::LENGTH + ethernet::TAG_LENGTH,
        _ => ethernet::LENGTH,
    };
    let ip = bytes.header::<ipv4::Header>(at);
    ip.map_or(kept, |ip| kept.max(at + usize::from(ip.total_length.get())))
}

/// Adds a line.
pub(super) fn write(text: &mut String, line: &CaptureLine) {
    // It has no map whose keys are not strings, and so it can be written.
    text.push_str(&serde_json::to_string(line).unwrap_or_default());
    text.push('\n');
}

/// Bytes as two digits each.
mod hex {
    use std::fmt::Write as _;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let mut digits = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            // Writing to a string does not fail.
            write!(digits, "{byte:02x}").ok();
        }
        to.serialize_str(&digits)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let digits = String::deserialize(from)?;
        let byte = |pair: &[u8]| {
            let pair = str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<_> = digits.as_bytes().chunks(2).map(byte).collect();
        bytes
            .ok_or_else(|| D::Error::custom("the bytes of a frame are pairs of hexadecimal digits"))
    }
}
