//! How much a socket had no room for.
//!
//! A receive buffer that is full says nothing: what comes then is gone. The kernel counts it, and tells when it is asked, in one call that
//! waits for nobody.

use std::{io, os::fd::AsFd};

use nix::{
    getsockopt_impl, libc,
    sys::socket::{getsockopt, sockopt::GetStruct},
};

/// The numbers of `SO_MEMINFO` (Linux 4.12), in the order of `linux/sock_diag.h`.
type MemoryNumbers = [u32; 9];
/// `SK_MEMINFO_DROPS`.
const DROPS: usize = 8;

#[derive(Clone, Copy)]
struct MemoryInfo;

getsockopt_impl!(
    MemoryInfo,
    libc::SOL_SOCKET,
    libc::SO_MEMINFO,
    MemoryNumbers,
    GetStruct<MemoryNumbers>
);

/// What has been told so far of one socket.
#[derive(Debug, Default)]
pub struct Overflow {
    /// The kernel's number; it wraps.
    told: u32,
}

impl Overflow {
    /// How many datagrams `socket` had no room for since this was last asked.
    ///
    /// # Errors
    ///
    /// The kernel does not know the question, which is older than any we run on.
    pub fn take(&mut self, socket: impl AsFd) -> io::Result<u32> {
        let numbers = getsockopt(&socket, MemoryInfo)?;
        let dropped = numbers[DROPS];
        Ok(dropped.wrapping_sub(std::mem::replace(&mut self.told, dropped)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _};

    use socket2::{Domain, Socket, Type};

    use super::*;

    #[test]
    fn what_there_was_no_room_for_is_known_though_nothing_came_after_it() {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
        socket.bind(&any.into()).unwrap();
        let there = socket.local_addr().unwrap();
        let sender = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        let mut overflow = Overflow::default();
        assert_eq!(overflow.take(&socket).unwrap(), 0);

        for _ in 0..1000 {
            assert_eq!(sender.send_to(&[7; 9], &there).unwrap(), 9);
        }
        let mut received = 0;
        let end = loop {
            match (&socket).read(&mut [0; 16]) {
                Ok(length) => {
                    assert_eq!(length, 9);
                    received += 1;
                }
                Err(error) => break error.kind(),
            }
        };

        assert_eq!(end, ErrorKind::WouldBlock);
        assert!(received < 1000, "the buffer has room for all");
        assert_eq!(overflow.take(&socket).unwrap(), 1000 - received);
        assert_eq!(overflow.take(&socket).unwrap(), 0);
    }
}
