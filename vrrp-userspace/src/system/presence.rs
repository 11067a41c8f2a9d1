//! Whether another daemon of ours works in this network namespace.

use std::os::{
    linux::net::SocketAddrExt as _,
    unix::net::{SocketAddr, UnixDatagram},
};

/// An abstract socket's name belongs to the network namespace, and goes with the process that bound it.
const NAME: &[u8] = b"xvrrpd";

/// The mark that we are here, for as long as it lives.
#[derive(Debug)]
pub struct Presence(Option<UnixDatagram>);

impl Presence {
    /// Leaves the mark, unless another daemon has.
    #[must_use]
    pub fn mark() -> Self {
        Self(
            SocketAddr::from_abstract_name(NAME)
                .and_then(|name| UnixDatagram::bind_addr(&name))
                .ok(),
        )
    }

    /// Whether no other daemon had left it. An address with our mark is then an earlier run's, whatever it is.
    #[must_use]
    pub const fn is_the_only_one(&self) -> bool {
        self.0.is_some()
    }
}
