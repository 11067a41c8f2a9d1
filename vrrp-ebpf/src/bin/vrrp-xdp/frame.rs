//! The packet-side `unsafe`, in one argument.

use aya_ebpf::programs::XdpContext;
use vrrp_ebpf::frame::{Frame, Header};

/// A frame as the driver handed it over. Every read is checked against the end of the packet, in the form the verifier recognises.
pub(crate) struct XdpFrame<'a>(pub(crate) &'a XdpContext);

impl Frame for XdpFrame<'_> {
    #[inline(always)]
    fn header<T: Header>(&self, offset: usize) -> Option<T> {
        let start = self.0.data() + offset;
        if start + size_of::<T>() > self.0.data_end() {
            return None;
        }
        // SAFETY: the kernel has packets nowhere near address zero. Unless the compiler knows that, it compares the pointer with
        // null to tell `Some` from `None`, and without CAP_PERFMON the verifier lets no pointer be compared with a number.
        unsafe { core::hint::assert_unchecked(start != 0) };
        // SAFETY: `start .. start + size_of::<T>()` lies between `data` and `data_end`, which the kernel keeps valid and
        // unmoved while the program runs and does not call a helper that changes the packet (we call none). `Header` makes
        // any bytes at any address a `T`, and nothing writes to the packet meanwhile.
        Some(unsafe { *(start as *const T) })
    }
}
