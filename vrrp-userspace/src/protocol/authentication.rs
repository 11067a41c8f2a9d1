//! The cluster label of RFC 2338 §5.3.6: not a secret, but two clusters with different labels do not merge.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of authentication data at the end of every v2 advertisement.
pub const AUTHENTICATION_DATA_LENGTH: usize = 8;

/// What a v2 advertisement carries besides the election; v3 has none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Authentication {
    /// Type 0: eight zero bytes are sent and nothing is compared.
    #[default]
    None,
    /// Type 1: the password, padded with zeros to eight bytes, in clear text in every advertisement.
    Password([u8; AUTHENTICATION_DATA_LENGTH]),
}

impl Authentication {
    /// The first eight bytes of `password`, zero-padded, as keepalived sends it (RFC 2338 §5.3.10).
    #[must_use]
    pub fn password(password: &str) -> Self {
        let mut data = [0; AUTHENTICATION_DATA_LENGTH];
        for (to, from) in data.iter_mut().zip(password.bytes()) {
            *to = from;
        }
        Self::Password(data)
    }

    /// The type on the wire (RFC 2338 §5.3.6).
    #[must_use]
    pub const fn wire_type(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Password(_) => 1,
        }
    }

    /// The eight bytes on the wire.
    #[must_use]
    pub const fn data(self) -> [u8; AUTHENTICATION_DATA_LENGTH] {
        match self {
            Self::None => [0; AUTHENTICATION_DATA_LENGTH],
            Self::Password(data) => data,
        }
    }
}

impl fmt::Debug for Authentication {
    /// Does not show the password: debug output ends up in logs and bug reports.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Password(_) => f.write_str("Password(****)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C163+ C163-
    #[test]
    fn a_password_is_padded_to_eight_bytes_and_cut_after_eight() {
        assert_eq!(Authentication::password("1111").data(), *b"1111\0\0\0\0");
        assert_eq!(Authentication::password("123456789").data(), *b"12345678");
    }

    #[test]
    fn debug_output_keeps_the_password_to_itself() {
        assert!(!format!("{:?}", Authentication::password("hunter2")).contains("hunter2"));
    }
}
