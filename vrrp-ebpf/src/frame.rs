//! A frame, as seen by code that must not care where its bytes lie.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// What can be read from a frame: any bytes are one, at any address.
pub trait Header: FromBytes + Unaligned + Immutable + KnownLayout + Copy {}

impl<T: FromBytes + Unaligned + Immutable + KnownLayout + Copy> Header for T {}

/// A copy of a `T` at an offset of a frame.
///
/// A copy and not a reference: the absence of a reference is told by comparing a pointer with zero, and the verifier allows that with a
/// pointer into the packet only to those who have `CAP_PERFMON`.
pub trait Frame {
    /// The header of type `T` at `offset`, or `None` if the frame ends before it does.
    fn header<T: Header>(&self, offset: usize) -> Option<T>;
}

impl Frame for [u8] {
    fn header<T: Header>(&self, offset: usize) -> Option<T> {
        let (header, _) = T::read_from_prefix(self.get(offset..)?).ok()?;
        Some(header)
    }
}
