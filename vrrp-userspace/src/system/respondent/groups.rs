//! Membership of many groups on one interface.

use std::{collections::BTreeMap, io, net::Ipv6Addr};

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

/// Groups that were joined, and the sockets that they were joined with: the kernel limits how many one may have by the memory that they take
/// (`net.core.optmem_max`), so there are as many as it needs.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    sockets: Vec<Socket>,
    /// Which socket each was joined with.
    joined: BTreeMap<Ipv6Addr, usize>,
}

impl Memberships {
    pub(super) fn len(&self) -> usize {
        self.joined.len()
    }

    pub(super) fn contains(&self, group: &Ipv6Addr) -> bool {
        self.joined.contains_key(group)
    }

    /// Those that were joined and are none of what `is_wanted`.
    pub(super) fn without(&self, is_wanted: impl Fn(&Ipv6Addr) -> bool) -> Vec<Ipv6Addr> {
        let joined = self.joined.keys().copied();
        joined.filter(|group| !is_wanted(group)).collect()
    }

    /// Becomes a member of `group` on the link with this index.
    ///
    /// # Errors
    ///
    /// The link is gone, or the kernel has no memory.
    pub(super) fn join(&mut self, group: Ipv6Addr, index: u32) -> io::Result<()> {
        if let Some(socket) = self.sockets.last() {
            match socket.join_multicast_v6(&group, index) {
                Err(error) if is_full(&error) => {}
                outcome => return self.note(group, outcome),
            }
        }
        self.sockets
            .push(Socket::new(Domain::IPV6, Type::DGRAM, None)?);
        let outcome = self
            .sockets
            .last()
            .map_or(Ok(()), |socket| socket.join_multicast_v6(&group, index));
        self.note(group, outcome)
    }

    fn note(&mut self, group: Ipv6Addr, outcome: io::Result<()>) -> io::Result<()> {
        outcome?;
        self.joined.insert(group, self.sockets.len() - 1);
        Ok(())
    }

    /// Is no member of `group` any more.
    pub(super) fn leave(&mut self, group: Ipv6Addr, index: u32) {
        let number = self.joined.remove(&group);
        if let Some(socket) = number.and_then(|number| self.sockets.get(number)) {
            // It is gone with the link otherwise.
            socket.leave_multicast_v6(&group, index).ok();
        }
    }
}

/// Whether the socket has as many as it may.
fn is_full(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [Errno::NOBUFS, Errno::NOMEM]
        .into_iter()
        .any(|errno| number == Some(errno.raw_os_error()))
}
