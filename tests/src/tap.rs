//! A network interface whose other end is a file: what a virtual machine has for a cable.
//!
//! Here is the other of this package's two uses of `unsafe`: the request that makes one has no safe wrapper.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use rustix::ioctl::{Setter, ioctl, opcode};

/// A TAP, which is there as long as this is.
#[derive(Debug)]
pub struct Tap(File);

impl Tap {
    /// Makes an interface of this name, of at most fifteen bytes.
    ///
    /// # Errors
    ///
    /// If there is one already, or no right to make one.
    pub fn new(name: &str) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/net/tun")?;
        let mut request = Request {
            name: [0; 16],
            flags: IFF_TAP | IFF_NO_PI,
            rest: [0; 22],
        };
        let name = name.as_bytes();
        let place = request
            .name
            .get_mut(..name.len())
            .filter(|_| name.len() < 16);
        place
            .ok_or(io::ErrorKind::InvalidInput)?
            .copy_from_slice(name);
        make(&file, request)?;
        Ok(Self(file))
    }

    /// Waits for a frame that the machine sends, and returns its length.
    ///
    /// # Errors
    ///
    /// If the interface is gone.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(buffer)
    }

    /// Hands the machine a frame.
    ///
    /// # Errors
    ///
    /// If the interface is gone, or not up.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        (&self.0).write(frame).map(drop)
    }
}

/// The kernel's `struct ifreq`, as `TUNSETIFF` reads it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

const _: () = assert!(size_of::<Request>() == 40);

/// Ethernet frames, and nothing before them.
const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;
/// `TUNSETIFF` is numbered as if it took an `int`.
const TUNSETIFF: u32 = opcode::write::<u32>(b'T', 202);

#[expect(unsafe_code, reason = "rustix has no safe wrapper for TUNSETIFF")]
fn make(file: &File, request: Request) -> io::Result<()> {
    // SAFETY: `TUNSETIFF` reads a `struct ifreq`, which `Request` is in size and in the two fields it looks at, and writes at
    // most the name back into the same place, which lives as long as the call; every bit pattern is a `Request`.
    unsafe { ioctl(file, Setter::<TUNSETIFF, Request>::new(request)) }?;
    Ok(())
}
