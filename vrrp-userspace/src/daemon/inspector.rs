//! Looks whether the program is still attached, for the election, which must not wait.
//!
//! Every way to ask the kernel about an XDP link takes the lock of the routing tables, which somebody who installs thousands of addresses, or a
//! network card that resets, can hold for seconds. So a thread of its own asks, and the answer comes through the inbox. A takeover waits
//! for it; adverts do not.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use super::inbox::{Input, Outbox};
use crate::system::{clock, datapath::Attachment};

/// Questions that may wait: at most one per port is asked at a time, so there is room for all.
const QUESTIONS: usize = vrrp_ebpf::abi::MAX_PORTS;

/// The way to ask.
#[derive(Clone)]
pub(super) struct Inspector(SyncSender<Question>);

struct Question {
    port: u16,
    attachment: Arc<Attachment>,
}

impl Inspector {
    /// Starts the thread; it ends when nobody can ask any more.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(super) fn start(answers: Outbox) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUESTIONS);
        std::thread::Builder::new()
            .name("inspector".into())
            .spawn(move || answer(&receiver, &answers))?;
        Ok(Self(sender))
    }

    /// Asks whether the program of `port` is attached; [`Input::Inspected`] will say. `false` when too many have asked.
    pub(super) fn ask(&self, port: u16, attachment: Arc<Attachment>) -> bool {
        self.0.try_send(Question { port, attachment }).is_ok()
    }
}

fn answer(questions: &Receiver<Question>, answers: &Outbox) {
    for Question { port, attachment } in questions {
        // Before the look: what it finds was so at this moment or later.
        let at = clock::now();
        let is_attached = attachment.is_attached();
        if !answers.send(Input::Inspected {
            port,
            at,
            is_attached,
        }) {
            return;
        }
    }
}
