//! The client, and the stranger: a machine on both networks that is no router.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Child, Stdio};

use crate::hex;
use crate::namespace::{LAB_PROGRAM, Namespace};
use crate::timeline::Timeline;

/// The machine `h`.
#[derive(Debug)]
pub struct Host {
    machine: Namespace,
}

/// Frames to be sent, how many in all and how many each second.
#[derive(Debug, Clone)]
pub struct Volley {
    /// Sent in turn, from the first again after the last.
    pub frames: Vec<Vec<u8>>,
    /// How many are sent before it ends.
    pub count: u32,
    /// How many each second.
    pub per_second: u32,
}

impl Volley {
    /// One frame, once.
    #[must_use]
    pub fn once(frame: Vec<u8>) -> Self {
        Self {
            frames: vec![frame],
            count: 1,
            per_second: 1000,
        }
    }
}

/// Frames being sent in the background.
#[derive(Debug)]
pub struct Sending(Child);

impl Sending {
    /// Waits until the last frame is out.
    ///
    /// # Panics
    ///
    /// If a frame could not be sent.
    #[track_caller]
    pub fn finish(mut self) {
        let status = self.0.wait().expect("the forger can be waited for");
        assert!(status.success(), "the forger could not send");
    }
}

impl Host {
    pub(crate) const fn new(machine: Namespace) -> Self {
        Self { machine }
    }

    /// Starts a client that keeps asking an address for its page.
    #[must_use]
    pub fn ask(&self, address: Ipv4Addr) -> Timeline {
        Timeline::start(&self.machine, &format!("{address}:80"))
    }

    /// Sends frames and returns when all are out.
    #[track_caller]
    pub fn send(&self, interface: &str, volley: &Volley) {
        self.begin_to_send(interface, volley).finish();
    }

    /// Begins to send frames.
    ///
    /// # Panics
    ///
    /// If the forger cannot be started.
    #[must_use]
    pub fn begin_to_send(&self, interface: &str, volley: &Volley) -> Sending {
        let mut forger = self
            .machine
            .command(LAB_PROGRAM)
            .args(["send", interface, "--count", &volley.count.to_string()])
            .args(["--per-second", &volley.per_second.to_string()])
            .stdin(Stdio::piped())
            .spawn()
            .expect("the forger starts");
        let mut input = forger.stdin.take().expect("the input is a pipe");
        let lines: String = volley
            .frames
            .iter()
            .map(|frame| hex::of(frame) + "\n")
            .collect();
        input
            .write_all(lines.as_bytes())
            .expect("the forger reads its frames");
        Sending(forger)
    }

    /// The machine itself, for what has no word of its own.
    #[must_use]
    pub const fn machine(&self) -> &Namespace {
        &self.machine
    }
}
