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
        // SAFETY: `start .. start + size_of::<T>()` lies between `data` and `data_end`, which the kernel keeps valid and
        // unmoved while the program runs and does not call a helper that changes the packet (we call none). `Header` makes
        // any bytes at any address a `T`, and nothing writes to the packet meanwhile.
        Some(unsafe { *(start as *const T) })
    }
}
