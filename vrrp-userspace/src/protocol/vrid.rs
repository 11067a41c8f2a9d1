//! The number of a virtual router on its link.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Family;

/// Virtual Router Identifier, 1 to 255 (RFC 9568 §5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Vrid(u8);

impl Vrid {
    /// `None` for 0, which is not a router.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 {
            None
        } else {
            Some(Self(number))
        }
    }

    /// The number as it stands on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The hardware address that all routers of this number and family have in common (RFC 9568 §7.3).
    #[must_use]
    pub const fn virtual_mac(self, family: Family) -> [u8; 6] {
        let kind = match family {
            Family::Ipv4 => 1,
            Family::Ipv6 => 2,
        };
        [0, 0, 0x5e, 0, kind, self.0]
    }
}

impl TryFrom<u8> for Vrid {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("a VRID is between 1 and 255")
    }
}

impl From<Vrid> for u8 {
    fn from(vrid: Vrid) -> Self {
        vrid.0
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C130+ C130-: and no other router of the link has it.
    #[test]
    fn the_virtual_mac_is_the_registered_prefix_and_the_number() {
        let mut macs = std::collections::BTreeSet::new();
        for number in 1..=255 {
            let vrid = Vrid::new(number).unwrap();
            let [four, six] = [Family::Ipv4, Family::Ipv6].map(|family| vrid.virtual_mac(family));
            assert_eq!(four, [0x00, 0x00, 0x5e, 0x00, 0x01, number]);
            assert_eq!(six, [0x00, 0x00, 0x5e, 0x00, 0x02, number]);
            assert!(macs.insert(four) && macs.insert(six));
        }
    }

    /// C070-
    #[test]
    fn zero_is_not_a_router() {
        assert_eq!(Vrid::new(0), None);
        assert_eq!(Vrid::new(1).map(Vrid::get), Some(1));
        assert_eq!(Vrid::new(255).map(Vrid::get), Some(255));
    }
}
