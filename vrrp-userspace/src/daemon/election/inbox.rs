//! How the rest of the daemon reaches the election thread.
//!
//! The channel holds [`CAPACITY`] inputs. When it is full the sender waits, which is never the election thread; so nothing
//! is lost, and the election's memory is bounded.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::oneshot;

use super::{memory::Past, snapshot::Snapshot};
use crate::{
    daemon::{network::port::Port, plan::Terms},
    protocol::{
        Event, Monotonic, Settings, SyncGroup, VirtualRouter, advertisement::Template,
        recording::Recording,
    },
    system::{
        advert_sender::AdvertSender,
        raw_socket::{Hearing, RawSocket},
    },
};

/// Inputs that may wait.
pub(super) const CAPACITY: usize = 256;

/// Something for the election thread.
pub(in crate::daemon) enum Input {
    /// A router joins.
    Seat(Box<Joining>),
    /// The router of `slot` leaves with a goodbye; `done` is told when it has been said.
    Unseat {
        /// Which.
        slot: usize,
        /// Whom to tell.
        done: oneshot::Sender<()>,
    },
    /// A reload has changed a router.
    Change {
        /// Which.
        slot: usize,
        /// What it is made with from now on.
        settings: Box<Settings>,
        /// What it says from now on.
        template: Box<Template>,
        /// What is checked in its advertisements from now on, if it speaks.
        terms: Option<Box<Terms>>,
    },
    /// Something happened to a router.
    Event {
        /// Which.
        slot: usize,
        /// What.
        event: Event,
    },
    /// A router has a new address to speak from, and a socket that does.
    SpeakFrom {
        /// Which.
        slot: usize,
        /// The socket.
        sender: AdvertSender,
        /// What is checked in its advertisements from now on.
        terms: Box<Terms>,
    },
    /// These are Active together from now on, and no others.
    Group(Vec<SyncGroup>),
    /// Listen on this interface, instead of the port of the same number if there is one.
    Listen(Box<Port>),
    /// Hear another family on this port too, instead of the ear for that if there is one.
    HearAlso {
        /// Which.
        port: u16,
        /// The ear.
        ear: RawSocket,
    },
    /// Listen no more on this port.
    Deafen(u16),
    /// Listen to more or less on this port.
    Hear {
        /// Which.
        port: u16,
        /// What comes through from now on.
        hearing: Hearing,
    },
    /// Nothing arrives on this port any more, or does again.
    Deaf {
        /// Which.
        port: u16,
        /// Whether it is so now.
        is_deaf: bool,
    },
    /// The inspector has looked at the program on this port.
    Inspected {
        /// Which.
        port: u16,
        /// When it began to look.
        at: Monotonic,
        /// What it saw.
        is_attached: bool,
    },
    /// Say what every router is doing. The election only copies; see [`Snapshot`].
    Look(oneshot::Sender<Snapshot>),
    /// Say what every router has become, and why. Transitions are shared, so nothing is copied but references.
    Remember(oneshot::Sender<Past>),
    /// Show what went through the doors.
    Record(oneshot::Sender<Vec<Recording>>),
    /// Stop every router and end.
    Stop,
}

/// A router and what it needs to take part.
pub(in crate::daemon) struct Joining {
    /// Where it sits.
    pub(in crate::daemon) slot: usize,
    /// Itself.
    pub(in crate::daemon) router: VirtualRouter,
    /// What it says.
    pub(in crate::daemon) template: Template,
    /// The port it listens on.
    pub(in crate::daemon) port: u16,
}

/// The end that sends. Clones share the channel.
#[derive(Clone)]
pub(in crate::daemon) struct Outbox {
    inputs: SyncSender<Input>,
    pulse: Pulse,
}

/// The end that the election thread waits at.
pub(in crate::daemon) struct Inbox {
    inputs: Receiver<Input>,
    pulse: Pulse,
}

/// How often the election has looked into its inbox, and the bell that makes it look.
#[derive(Clone)]
pub(in crate::daemon) struct Pulse {
    turns: Arc<AtomicU64>,
    bell: Arc<OwnedFd>,
}

/// Both ends of a new channel.
///
/// # Errors
///
/// No descriptor is left.
pub(in crate::daemon) fn channel() -> io::Result<(Outbox, Inbox)> {
    let pulse = Pulse {
        turns: Arc::default(),
        bell: Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?),
    };
    let (sender, receiver) = sync_channel(CAPACITY);
    Ok((
        Outbox {
            inputs: sender,
            pulse: pulse.clone(),
        },
        Inbox {
            inputs: receiver,
            pulse,
        },
    ))
}

impl Outbox {
    /// Sends `input`, waiting for room if there is none. `false` when the election has ended.
    pub(in crate::daemon) fn send(&self, input: Input) -> bool {
        let is_sent = self.inputs.send(input).is_ok();
        self.pulse.nudge();
        is_sent
    }

    /// The election's pulse.
    pub(in crate::daemon) fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }
}

impl Pulse {
    /// How many turns the election has taken.
    pub(in crate::daemon) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Has the election take one more, if it takes any.
    pub(in crate::daemon) fn nudge(&self) {
        // A full counter means that the bell is ringing already.
        rustix::io::write(&self.bell, &1_u64.to_ne_bytes()).ok();
    }
}

impl Inbox {
    /// The next input, if one waits.
    pub(in crate::daemon) fn next_input(&self) -> Option<Input> {
        self.inputs.try_recv().ok()
    }

    /// Silences the bell, as a turn begins; to be done before the inputs are taken.
    pub(in crate::daemon) fn silence(&self) {
        self.pulse.turns.fetch_add(1, Ordering::Relaxed);
        rustix::io::read(&self.pulse.bell, &mut [0; 8]).ok();
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pulse.bell.as_fd()
    }
}
