//! Looks whether the program is still attached: once a second, and when the election asks, which must not wait.
//!
//! Every way to ask the kernel about an XDP link takes the lock of the routing tables, which somebody who installs thousands of addresses, or a
//! network card that resets, can hold for seconds. So a thread of its own asks, and what it finds comes through the inbox. A takeover waits
//! for it; adverts do not. It also holds the attachments, because to let go of one takes the same lock; and so does to close a socket that has
//! joined a group, so it closes what the election no longer needs.

use std::{
    collections::BTreeMap,
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    time::Duration,
};

use tokio::sync::mpsc;

use super::ProgramNews;
use crate::{
    daemon::election::inbox::{Input, Outbox},
    protocol::Monotonic,
    system::{clock, datapath::Attachment},
};

/// How often it looks without being asked.
const EVERY: Duration = Duration::from_secs(1);

/// Orders that may wait: at most one question per port is asked at a time, the election has one order for all that it discards in a turn, and
/// the few others are waited for.
const ORDERS: usize = 2 * vrrp_ebpf::abi::MAX_PORTS;

/// The way to the thread.
#[derive(Clone)]
pub(in crate::daemon) struct Inspector(SyncSender<Order>);

enum Order {
    Watch(u16, Box<Attachment>),
    Forget(u16),
    Look(u16),
    Drop(Discarded),
}

/// What nobody needs any more, to be dropped by somebody who has the time.
pub(in crate::daemon) type Discarded = Vec<Box<dyn Send>>;

impl Inspector {
    /// Starts the thread; it ends when nobody can ask any more.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(in crate::daemon) fn start(
        answers: Outbox,
        news: mpsc::Sender<ProgramNews>,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(ORDERS);
        let mut watch = Watch {
            held: BTreeMap::new(),
            answers,
            news,
        };
        std::thread::Builder::new()
            .name("inspector".into())
            .spawn(move || watch.serve(&receiver))?;
        Ok(Self(sender))
    }

    /// From now on `attachment` is that of `port`, and looked at once a second. Waits for room; not for the election.
    pub(in crate::daemon) fn watch(&self, port: u16, attachment: Attachment) {
        self.0.send(Order::Watch(port, Box::new(attachment))).ok();
    }

    /// Lets go of the attachment of `port`. Waits for room; not for the election.
    pub(in crate::daemon) fn forget(&self, port: u16) {
        self.0.send(Order::Forget(port)).ok();
    }

    /// Drops this on the inspector's thread, in its turn. Does not wait: what there is no room for is left, for the next time.
    pub(in crate::daemon) fn take_away(&self, discarded: &mut Discarded) {
        if discarded.is_empty() {
            return;
        }
        // Without an inspector there is nobody left who could be late because of it.
        if let Err(TrySendError::Full(Order::Drop(left))) =
            self.0.try_send(Order::Drop(std::mem::take(discarded)))
        {
            *discarded = left;
        }
    }

    /// Asks whether the program of `port` is attached; [`Input::Inspected`] will say. `false` when too many have asked.
    pub(in crate::daemon) fn ask(&self, port: u16) -> bool {
        self.0.try_send(Order::Look(port)).is_ok()
    }
}

/// What the thread has.
struct Watch {
    held: BTreeMap<u16, Held>,
    answers: Outbox,
    news: mpsc::Sender<ProgramNews>,
}

struct Held {
    attachment: Box<Attachment>,
    seen_attached: Monotonic,
}

impl Watch {
    fn serve(&mut self, orders: &Receiver<Order>) {
        let mut next_look = clock::now() + EVERY;
        loop {
            let patience = next_look.since(clock::now());
            if patience.is_zero() {
                self.look_at_all();
                next_look = clock::now() + EVERY;
                continue;
            }
            match orders.recv_timeout(patience) {
                Ok(Order::Watch(port, attachment)) => self.watch(port, attachment),
                Ok(Order::Forget(port)) => drop(self.held.remove(&port)),
                Ok(Order::Look(port)) => self.look(port, true),
                Ok(Order::Drop(discarded)) => drop(discarded),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn watch(&mut self, port: u16, attachment: Box<Attachment>) {
        let held = Held {
            attachment,
            seen_attached: clock::now(),
        };
        drop(self.held.insert(port, held));
    }

    fn look_at_all(&mut self) {
        let ports: Vec<u16> = self.held.keys().copied().collect();
        for port in ports {
            self.look(port, false);
        }
    }

    /// Looks at one. The election is told that it is attached only if it asked, and the opposite at once.
    fn look(&mut self, port: u16, is_asked: bool) {
        // Before the look: what it finds was so at this moment or later.
        let at = clock::now();
        let held = self.held.get_mut(&port);
        let is_attached = held.is_some_and(|held| {
            let is_attached = held.attachment.is_attached();
            if is_attached {
                held.seen_attached = at;
            }
            is_attached
        });
        if is_asked || !is_attached {
            self.answers.send(Input::Inspected {
                port,
                at,
                is_attached,
            });
        }
        if !is_attached {
            self.tell_gone(port);
        }
    }

    /// Tells the controller once, and lets go. If it has too much to hear, the next look tells it.
    fn tell_gone(&mut self, port: u16) {
        let Some(held) = self.held.get(&port) else {
            return;
        };
        let news = ProgramNews::Gone {
            port,
            index: held.attachment.interface.index,
            last_seen: held.seen_attached,
        };
        if self.news.try_send(news).is_ok() {
            self.held.remove(&port);
        }
    }
}
