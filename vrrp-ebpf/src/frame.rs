//! A frame, as seen by code that must not care where its bytes lie.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// A view of type `T` at an offset of a frame.
pub trait Frame {
    /// The header of type `T` at `offset`, or `None` if the frame ends before it does.
    fn header<T: FromBytes + Unaligned + Immutable + KnownLayout>(
        &self,
        offset: usize,
    ) -> Option<&T>;
}

impl Frame for [u8] {
    fn header<T: FromBytes + Unaligned + Immutable + KnownLayout>(
        &self,
        offset: usize,
    ) -> Option<&T> {
        let (header, _) = T::ref_from_prefix(self.get(offset..)?).ok()?;
        Some(header)
    }
}
