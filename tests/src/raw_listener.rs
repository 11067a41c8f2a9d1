//! What a program on a node hears that opens a raw socket for VRRP and filters nothing.
//!
//! It is the witness for what the XDP program keeps from the rest of the machine, and what it does not.

use std::net::Ipv4Addr;

use crate::condition::eventually;
use crate::frame::{Advertisement, Mac, from_packet};
use crate::hex;
use crate::moment::Moment;
use crate::namespace::{LAB_PROGRAM, Namespace};
use crate::process::Background;
use crate::tail::Tail;

/// What the listener writes when it listens.
pub const READY: &str = "listening";

/// The line the listener writes for a packet.
#[must_use]
pub fn heard_line(at: Moment, packet: &[u8]) -> String {
    format!("{} {}", at.nanoseconds(), hex::of(packet))
}

/// A listener on a node.
#[derive(Debug)]
pub struct RawListener {
    tail: Tail,
    _listener: Background,
}

impl RawListener {
    /// Starts to listen on the interface that has this address.
    ///
    /// # Panics
    ///
    /// If the listener cannot be started.
    #[must_use]
    pub fn on(machine: &Namespace, interface: Ipv4Addr) -> Self {
        let mut listen = machine.command(LAB_PROGRAM);
        let listen = listen.args(["listen", &interface.to_string()]);
        let (listener, output) = Background::start_to_read(listen);
        let tail = Tail::of(output);
        eventually("the listener listens", || {
            tail.with(|lines| lines.first().is_some_and(|line| line == READY))
        });
        Self {
            tail,
            _listener: listener,
        }
    }

    /// The advertisements it heard; the frames' hardware addresses never reach a raw socket.
    #[must_use]
    pub fn heard(&self) -> Vec<Advertisement> {
        self.tail
            .with(|lines| lines.iter().filter_map(|line| heard(line)).collect())
    }

    /// How many it heard from an address.
    #[must_use]
    pub fn heard_from(&self, source: Ipv4Addr) -> usize {
        self.heard()
            .iter()
            .filter(|advert| advert.source == source)
            .count()
    }
}

fn heard(line: &str) -> Option<Advertisement> {
    let (at, packet) = line.split_once(' ')?;
    let at = Moment::from_nanoseconds(at.parse().ok()?);
    from_packet(at, Mac([0; 6]), None, &hex::parse(packet)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Forged;

    #[test]
    fn what_was_heard_survives_the_way_through_a_pipe() {
        let source = Ipv4Addr::new(10, 89, 0, 66);
        let packet = Forged::advertisement(source).priority(7).packet();
        let advert = heard(&heard_line(Moment::from_nanoseconds(5), &packet)).unwrap();
        assert_eq!(
            (advert.source, advert.priority, advert.ttl),
            (source, 7, 255)
        );
    }
}
