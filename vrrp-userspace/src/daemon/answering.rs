//! What the controller answers to whoever asks by the control socket.

use super::{
    capture::Listen,
    control::{Answer, Ask, Request},
    controller::{Controller, Staff},
    reload::{LastReload, Outcome},
    status::{Reload, Status},
};
use crate::{protocol::Monotonic, system::clock};

impl Controller {
    /// Does what is asked, and says what came of it.
    pub(super) async fn answer(&mut self, ask: Ask, staff: &mut Staff) {
        let answer = match &ask.request {
            Request::Capture { accepted } => {
                let listen = Listen {
                    accepted: *accepted,
                    pid: ask.peer.pid,
                    answer: ask.answer,
                };
                return self.capture.connect(listen).await;
            }
            Request::Status => Answer::Status(Box::new(self.status())),
            Request::Reload => self.reload(staff).await.into(),
            Request::Preview { file } => self.preview(file.clone()).await.into(),
        };
        ask.answer(answer);
    }

    fn status(&self) -> Status {
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            pid_file: self.options.pid_file.clone(),
            last_reload: self
                .last_reload
                .as_ref()
                .map(|last| reload(last, clock::now())),
        }
    }
}

fn reload(last: &LastReload, now: Monotonic) -> Reload {
    let (is_done, lines) = match &last.outcome {
        Outcome::Done(changes) => (true, changes),
        Outcome::Refused(reasons) => (false, reasons),
    };
    Reload {
        ago: now.since(last.at),
        is_done,
        lines: lines.clone(),
    }
}
