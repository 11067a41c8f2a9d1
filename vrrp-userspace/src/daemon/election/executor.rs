//! One match from action to effect. Nothing here waits: advertisements go into a socket, everything else into a queue.

use std::{collections::BTreeMap, io, net::IpAddr};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::snapshot::Spoken;
use crate::{
    guard::{GuardSender, SlotIndex},
    protocol::{Action, Monotonic, Note, Priority, Transition, advertisement::Template},
    system::{address_worker::AddressOrders, advert_sender::AdvertSender},
};

/// Tellings that may wait for the reporter. What comes when it is full is not told, and that it happened is.
pub(in crate::daemon) const TELLINGS: usize = 4096;

/// Something the reporter is to know.
#[derive(Debug)]
pub(in crate::daemon) struct Telling {
    /// About which router.
    pub(in crate::daemon) slot: usize,
    /// When.
    pub(in crate::daemon) now: Monotonic,
    /// What.
    pub(in crate::daemon) what: Told,
}

/// What is told.
#[derive(Debug)]
pub(in crate::daemon) enum Told {
    /// A change of state.
    Transition(Transition),
    /// No change, but worth knowing.
    Note(Note),
    /// Advertisements cannot be sent, or can again.
    Sending(Result<(), io::Error>),
    /// The last advertisement before the addresses went could not be sent.
    NoGoodbye,
    /// The guard cannot be told what we are about to do.
    GuardUnreachable(String),
    /// An advertisement was rejected on the raw path.
    Rejected {
        /// By what.
        reason: vrrp_ebpf::abi::Reason,
        /// From whom.
        source: IpAddr,
    },
    /// Some tellings before this one were lost.
    Lost(u64),
}

/// How a router speaks.
pub(in crate::daemon) struct Voice {
    /// What it says.
    pub(in crate::daemon) template: Template,
    /// From where, once it has an address.
    pub(in crate::daemon) from: Option<AdvertSender>,
    /// What has left.
    pub(in crate::daemon) spoken: Spoken,
}

impl Voice {
    pub(in crate::daemon) fn new(template: Template) -> Self {
        Self {
            template,
            from: None,
            spoken: Spoken::default(),
        }
    }

    fn send(&self, priority: Priority) -> io::Result<()> {
        let Some(sender) = &self.from else {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                "no address to send from",
            ));
        };
        let source = sender.source();
        sender.send(|destination| self.template.message(priority, source, destination))
    }
}

/// Carries actions out.
pub(in crate::daemon) struct Executor {
    /// By slot.
    pub(in crate::daemon) voices: BTreeMap<usize, Voice>,
    addresses: AddressOrders,
    guard: GuardSender,
    tellings: mpsc::Sender<Telling>,
    lost: u64,
}

impl Executor {
    pub(in crate::daemon) const fn new(
        addresses: AddressOrders,
        guard: GuardSender,
        tellings: mpsc::Sender<Telling>,
    ) -> Self {
        Self {
            voices: BTreeMap::new(),
            addresses,
            guard,
            tellings,
            lost: 0,
        }
    }

    /// Carries `action` of the router in `slot` out.
    pub(in crate::daemon) fn execute(&mut self, slot: usize, action: Action, now: Monotonic) {
        match action {
            Action::SendAdvertisement { priority } => self.send(slot, priority, now),
            Action::ClaimAddresses => {
                // The guard knows before the kernel does, so that it can undo what we only began.
                self.tell_guard(slot, now);
                self.addresses.claim(slot);
            }
            Action::ReleaseAddresses => self.addresses.release(slot),
            Action::AnnounceAddresses { rounds } => self.addresses.announce(slot, rounds),
            Action::ReportTransition(transition) => {
                self.tell(slot, now, Told::Transition(transition));
            }
            Action::Note(Note::SentRelease) if !self.is_sending(slot) => {
                self.tell(slot, now, Told::NoGoodbye);
            }
            Action::Note(note) => self.tell(slot, now, Told::Note(note)),
        }
    }

    /// Queues something for the reporter.
    pub(in crate::daemon) fn tell(&mut self, slot: usize, now: Monotonic, what: Told) {
        if self.lost > 0 {
            let lost = Telling {
                slot,
                now,
                what: Told::Lost(self.lost),
            };
            if self.tellings.try_send(lost).is_ok() {
                self.lost = 0;
            }
        }
        if let Err(TrySendError::Full(_)) = self.tellings.try_send(Telling { slot, now, what }) {
            self.lost += 1;
        }
    }

    fn is_sending(&self, slot: usize) -> bool {
        self.voices
            .get(&slot)
            .is_some_and(|voice| !voice.spoken.is_mute)
    }

    fn send(&mut self, slot: usize, priority: Priority, now: Monotonic) {
        let Some(voice) = self.voices.get_mut(&slot) else {
            return;
        };
        let sent = voice.send(priority);
        if voice.spoken.note(sent.is_ok(), priority, now) {
            self.tell(slot, now, Told::Sending(sent));
        }
    }

    fn tell_guard(&mut self, slot: usize, now: Monotonic) {
        let Ok(index) = u16::try_from(slot) else {
            return;
        };
        if let Err(error) = self.guard.claiming(SlotIndex(index)) {
            self.tell(slot, now, Told::GuardUnreachable(error.to_string()));
        }
    }
}
