//! The states of RFC 9568 §6.4, plus `Fault`, and the one place that knows keepalived's names for them.

use serde::{Deserialize, Serialize};

/// What a virtual router is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Not taking part: not started, or stopped.
    Initialize,
    /// Listening.
    Backup,
    /// Holding the addresses.
    Active,
    /// Not taking part because something tracked is down; keepalived's addition.
    Fault,
}

/// The name keepalived's users know: in logs, notify arguments and mails.
#[must_use]
pub const fn keepalived_name(state: State) -> &'static str {
    match state {
        State::Initialize => "STOP",
        State::Backup => "BACKUP",
        State::Active => "MASTER",
        State::Fault => "FAULT",
    }
}
