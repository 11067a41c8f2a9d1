//! An interface we listen on: the program if it is there, and the raw socket beside it.

use std::sync::Arc;

use super::inspector::Inspector;
use crate::{
    protocol::Monotonic,
    system::{
        datapath::Attachment,
        raw_socket::{Hearing, RawSocket},
    },
};

/// One interface of the data path.
pub(super) struct Port {
    /// Our number for it.
    pub(super) number: u16,
    /// What the program leaves to us, or everything.
    pub(super) ear: RawSocket,
    /// The program, if it is attached.
    attachment: Option<Arc<Attachment>>,
    inspection: Inspection,
}

/// What is known of the program on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inspection {
    /// Nothing since the beginning.
    None,
    /// It has been asked for.
    Asked,
    /// It was attached at this moment.
    Attached(Monotonic),
    /// It was found detached, and nobody has been told yet.
    Detached,
}

/// Whether silence on a port means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Everything that arrived could be heard.
    Proven,
    /// Something could have been missed; from now on it is heard.
    NotProven,
    /// The answer will come through the inbox.
    Asked,
}

impl Port {
    pub(super) const fn new(
        number: u16,
        ear: RawSocket,
        attachment: Option<Arc<Attachment>>,
    ) -> Self {
        Self {
            number,
            ear,
            attachment,
            inspection: Inspection::None,
        }
    }

    /// Whether the silence until `deadline` was heard as one.
    pub(super) fn silence_until(&mut self, deadline: Monotonic, inspector: &Inspector) -> Silence {
        if self.inspection == Inspection::Detached {
            self.inspection = Inspection::None;
            return Silence::NotProven;
        }
        let Some(attachment) = self
            .attachment
            .as_ref()
            .filter(|_| self.relies_on_the_program())
        else {
            return Silence::Proven;
        };
        match self.inspection {
            Inspection::Attached(at) if at >= deadline => return Silence::Proven,
            Inspection::Asked => return Silence::Asked,
            Inspection::Attached(_) | Inspection::None | Inspection::Detached => {}
        }
        if inspector.ask(self.number, Arc::clone(attachment)) {
            self.inspection = Inspection::Asked;
            return Silence::Asked;
        }
        self.hear_everything();
        Silence::NotProven
    }

    /// Whether an answer is awaited.
    pub(super) fn is_asked(&self) -> bool {
        self.inspection == Inspection::Asked
    }

    /// Takes the answer in.
    pub(super) fn inspected(&mut self, at: Monotonic, is_attached: bool) {
        if is_attached {
            self.inspection = Inspection::Attached(at);
        } else {
            self.inspection = Inspection::Detached;
            self.hear_everything();
        }
    }

    /// Listens to everything or to what the program leaves, as the interface has changed.
    pub(super) fn set_hearing(&mut self, hearing: Hearing) {
        if let Err(error) = self.ear.set_hearing(hearing) {
            tracing::error!("the filter of a raw socket cannot be changed: {error}");
        }
    }

    fn relies_on_the_program(&self) -> bool {
        self.ear.hearing() == Hearing::Undecided
    }

    /// If the filter cannot be changed the port stays deaf and says so again: better no takeover than a wrong one.
    fn hear_everything(&mut self) {
        self.set_hearing(Hearing::Everything);
    }
}
