//! The client, and the stranger: a machine on both networks that is no router.

use std::net::Ipv4Addr;

use crate::hex;
use crate::namespace::{LAB_PROGRAM, Namespace};
use crate::process::Background;
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

/// Frames being sent in the background, until the last is out or this is dropped.
#[derive(Debug)]
pub struct Sending(Background);

impl Sending {
    /// Waits until the last frame is out.
    ///
    /// # Panics
    ///
    /// If a frame could not be sent.
    #[track_caller]
    pub fn finish(mut self) {
        assert!(self.0.wait().success(), "the forger could not send");
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
        let mut forger = self.machine.command(LAB_PROGRAM);
        forger
            .args(["send", interface, "--count", &volley.count.to_string()])
            .args(["--per-second", &volley.per_second.to_string()]);
        let frames = volley.frames.iter();
        let lines: String = frames.map(|frame| hex::of(frame) + "\n").collect();
        Sending(Background::start_fed(&mut forger, &lines))
    }

    /// The machine itself, for what has no word of its own.
    #[must_use]
    pub const fn machine(&self) -> &Namespace {
        &self.machine
    }
}
