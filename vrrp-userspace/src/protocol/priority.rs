//! How much a router wants to be Active.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A priority as advertised (RFC 9568 §5.2.4): 255 owns the addresses, 1 to 254 back them up, 0 lets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    /// "I go away now."
    pub const RELEASE: Self = Self(0);
    /// What a router has when nothing is configured (RFC 9568 §6.1).
    pub const DEFAULT: Self = Self(100);
    /// The IPvX address owner.
    pub const OWNER: Self = Self(255);
    /// The least a router can have and still take part.
    pub const LOWEST: Self = Self(1);
    /// The most that a router that does not own the addresses can have.
    pub const HIGHEST_OF_A_BACKUP: Self = Self(254);

    /// The priority `number` means on the wire.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number as it stands on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether this router owns the addresses (RFC 9568 §6.1: it preempts whatever `preempt` says).
    #[must_use]
    pub const fn is_address_owner(self) -> bool {
        self.0 == Self::OWNER.0
    }

    /// Whether this is the goodbye of RFC 9568 §5.2.4.
    #[must_use]
    pub const fn is_release(self) -> bool {
        self.0 == Self::RELEASE.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
