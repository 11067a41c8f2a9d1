//! An interface we listen on: the program if it is there, and the raw socket beside it.

use std::sync::Arc;

use crate::system::{
    datapath::Attachment,
    raw_socket::{Hearing, RawSocket},
};

/// One interface of the data path.
pub(super) struct Port {
    /// Our number for it.
    pub(super) number: u16,
    /// What the program leaves to us, or everything.
    pub(super) ear: RawSocket,
    /// The program, if it is attached; shared with whoever shows it.
    pub(super) attachment: Option<Arc<Attachment>>,
}

impl Port {
    /// Whether everything that arrived could be heard, up to now.
    ///
    /// `false` at most once per detachment: then the raw socket hears everything from now on, and silence proves something again one
    /// interval later.
    pub(super) fn was_listening(&mut self) -> bool {
        if self.ear.hearing() == Hearing::Everything {
            return true;
        }
        if self
            .attachment
            .as_ref()
            .is_some_and(|attachment| attachment.is_attached())
        {
            return true;
        }
        // If the filter cannot be changed the port stays deaf and says so again: better no takeover than a wrong one.
        self.ear.set_hearing(Hearing::Everything).ok();
        false
    }
}
