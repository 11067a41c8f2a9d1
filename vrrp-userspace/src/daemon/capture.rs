//! Frames for whoever captures: one listener at a time, a line of JSON for each frame.
//!
//! ```text
//!   CAPTURE ring ─┐
//!                 ├─► here ─► a bounded queue ─► the listener's connection
//!   raw path ─ tap┘
//! ```
//!
//! Nobody waits for the listener. While its queue is full, nothing is taken from ring and tap; they fill up, and what they have no room for
//! is lost, counted and told. The switches are on only while there is a listener: whatever ends it turns them off.

mod line;

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use tracing::{debug, error};
use vrrp_ebpf::abi::{CAPTURE_ACCEPTED, CAPTURE_NOTHING, CAPTURE_REJECTED, CapturedFrame};

pub use self::line::{CaptureLine, CaptureLosses, CaughtFrame, Layer};
use super::{
    control::Answer,
    tap::{Tap, Tapped},
};
use crate::system::{control_socket::Reply, datapath::Capture};

/// Frames taken at once, and the rest after so many: fifty thousand a second are enough to look at, and leave the processor to others.
const AT_ONCE: (usize, Duration) = (256, Duration::from_millis(5));
/// Takings that may wait for the listener's connection.
const WAITING: usize = 8;
/// How soon losses are told when no frame comes that could tell them.
const LOSSES_TOLD: Duration = Duration::from_secs(1);

/// Somebody wants to listen.
#[derive(Debug)]
pub(super) struct Listen {
    /// Whether accepted frames are wanted too.
    pub(super) accepted: bool,
    /// Who, to be named to others.
    pub(super) pid: Option<i32>,
    /// Where the answer goes.
    pub(super) answer: oneshot::Sender<Reply>,
}

/// Our numbers of the interfaces, and their names.
type Names = BTreeMap<u16, String>;

/// The controller's end.
pub(super) struct Exchange {
    listeners: mpsc::Sender<Listen>,
    names: watch::Sender<Names>,
}

impl Exchange {
    /// Opens for listeners: `program` is the ring, if there is one. Inside a runtime only.
    pub(super) fn open(
        program: Option<Capture>,
        tap: Arc<Tap>,
        tapped: mpsc::Receiver<Tapped>,
    ) -> Self {
        let (listeners, requests) = mpsc::channel(1);
        let (names, known) = watch::channel(Names::new());
        let operator = Operator {
            sources: Sources {
                program,
                tap,
                tapped,
            },
            names: known,
            requests,
        };
        drop(tokio::spawn(operator.run()));
        Self { listeners, names }
    }

    /// What the interfaces are called from now on.
    pub(super) fn learn(&self, names: Names) {
        self.names.send_replace(names);
    }

    /// Puts somebody through, or has him told why not.
    pub(super) async fn connect(&self, listen: Listen) {
        // The operator ends with the runtime; then nobody waits for the answer.
        self.listeners.send(listen).await.ok();
    }
}

/// Puts listeners through, one after another.
struct Operator {
    sources: Sources,
    names: watch::Receiver<Names>,
    requests: mpsc::Receiver<Listen>,
}

impl Operator {
    async fn run(mut self) {
        while let Some(listen) = self.requests.recv().await {
            let level = if listen.accepted {
                CAPTURE_ACCEPTED
            } else {
                CAPTURE_REJECTED
            };
            match self.sources.begin(level) {
                Ok(()) => self.serve(listen).await,
                Err(failure) => refuse(listen, failure),
            }
            self.sources.end();
        }
    }

    /// Serves a listener until it goes. What it is told was there when the switches were on, and nothing from before.
    async fn serve(&mut self, listen: Listen) {
        let (sender, more) = mpsc::channel(WAITING);
        let who = process(listen.pid);
        let reply = Reply {
            more: Some(more),
            ..Reply::from(Answer::Capturing)
        };
        if listen.answer.send(reply).is_err() {
            return;
        }
        debug!("{who} captures frames");
        let before = self.sources.losses();
        let mut told = CaptureLosses::default();
        let (at_once, rest) = AT_ONCE;
        loop {
            let room = tokio::select! {
                room = sender.reserve() => match room {
                    Ok(room) => room,
                    Err(_) => break,
                },
                Some(other) = self.requests.recv() => {
                    refuse(other, already(&who));
                    continue;
                }
            };
            let frames = tokio::select! {
                frames = self.sources.next_frames(at_once) => frames,
                () = sleep(LOSSES_TOLD) => Vec::new(),
                () = sender.closed() => break,
                Some(other) = self.requests.recv() => {
                    refuse(other, already(&who));
                    continue;
                }
            };
            let losses = self.sources.losses().since(before);
            let count = frames.len();
            let mut text = String::new();
            for (port, mut frame) in frames {
                frame.interface = self.name(port);
                line::write(&mut text, &CaptureLine::Frame(frame));
            }
            if losses != told {
                line::write(&mut text, &CaptureLine::Lost(losses));
                told = losses;
            }
            if !text.is_empty() {
                room.send(text.into());
            }
            if count >= at_once {
                sleep(rest).await;
            }
        }
        debug!("{who} captures no more");
    }

    /// What the interface is called; a reload may have taken it away since.
    fn name(&self, port: u16) -> String {
        let name = self.names.borrow().get(&port).cloned();
        name.unwrap_or_else(|| format!("port{port}"))
    }
}

/// Where frames come from.
struct Sources {
    program: Option<Capture>,
    tap: Arc<Tap>,
    tapped: mpsc::Receiver<Tapped>,
}

impl Sources {
    /// Turns the switches on. What waits from before is forgotten.
    fn begin(&mut self, level: u32) -> Result<(), String> {
        while self.tapped.try_recv().is_ok() {}
        if let Some(program) = &mut self.program {
            let failed = |error| format!("the program cannot be told to capture: {error}");
            program.set_level(level).map_err(failed)?;
        }
        self.tap.set_level(level);
        Ok(())
    }

    /// Turns them off.
    fn end(&mut self) {
        self.tap.set_level(CAPTURE_NOTHING);
        if let Some(program) = &mut self.program
            && let Err(failure) = program.set_level(CAPTURE_NOTHING)
        {
            error!("the program cannot be told to capture no more: {failure}");
        }
    }

    /// What was lost since the beginning. What cannot be read counts as nothing.
    fn losses(&self) -> CaptureLosses {
        let program = self.program.as_ref();
        CaptureLosses {
            in_kernel: program
                .and_then(|program| program.losses().ok())
                .unwrap_or_default(),
            in_daemon: self.tap.losses(),
        }
    }

    /// Waits for the next few of either, each with the number of its interface. Can be given up at any time without losing one.
    async fn next_frames(&mut self, limit: usize) -> Vec<(u16, CaughtFrame)> {
        let mut tapped = Vec::new();
        tokio::select! {
            frames = next_of(&mut self.program, limit) => match frames {
                Ok(frames) => frames.iter().map(CaughtFrame::of_program).collect(),
                Err(failure) => {
                    error!("the ring of captured frames cannot be read any more: {failure}");
                    self.program = None;
                    Vec::new()
                }
            },
            1.. = self.tapped.recv_many(&mut tapped, limit) => {
                tapped.into_iter().map(CaughtFrame::of_raw_path).collect()
            }
        }
    }
}

async fn next_of(program: &mut Option<Capture>, limit: usize) -> io::Result<Vec<CapturedFrame>> {
    match program {
        Some(program) => program.next_frames(limit).await,
        None => std::future::pending().await,
    }
}

fn refuse(listen: Listen, reason: String) {
    listen.answer.send(Answer::Error(reason).into()).ok();
}

fn already(who: &str) -> String {
    format!("{who} captures already, and one does at a time")
}

fn process(pid: Option<i32>) -> String {
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

#[cfg(test)]
mod tests;
