//! The packet-side `unsafe`, in one argument.

use aya_ebpf::{maps::ring_buf::RingBufEntry, programs::XdpContext};
use vrrp_ebpf::{
    abi::{CAPTURE_SNAP, CaptureHead, CapturedFrame},
    frame::{Frame, Header},
    wire::ethernet,
};

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

impl XdpFrame<'_> {
    /// Copies the frame into `room`, as much as fits, and hands it to whoever captures, under what `head` says of it.
    ///
    /// A byte at a time, each at a constant place, with a check of its own: a copy of variable length is pointer arithmetic that the verifier
    /// refuses to programs without `CAP_PERFMON`, and so is the length itself. The kernel's own copy (`bpf_xdp_load_bytes`) is of Linux 5.18.
    #[inline(always)]
    pub(crate) fn copy_to(
        &self,
        mut room: RingBufEntry<CapturedFrame>,
        head: CaptureHead,
        time_ns: u64,
    ) {
        let record = room.as_mut_ptr();
        // SAFETY: the ring gave us a whole `CapturedFrame`, aligned to eight bytes and nobody else's until it is submitted.
        unsafe {
            (&raw mut (*record).time_ns).write(time_ns);
            (&raw mut (*record).port).write(head.port);
            (&raw mut (*record).reason).write(head.reason);
            (&raw mut (*record).action).write(head.action);
            (&raw mut (*record).reserved).write([0; 2]);
            let bytes = (&raw mut (*record).bytes).cast::<u8>();
            (&raw mut (*record).length).write(self.copy_bytes(bytes));
        }
        room.submit(0);
    }

    /// Copies at most [`CAPTURE_SNAP`] bytes, and returns how many.
    ///
    /// # Safety
    ///
    /// `bytes` has room for [`CAPTURE_SNAP`].
    #[inline(always)]
    unsafe fn copy_bytes(&self, bytes: *mut u8) -> u16 {
        let (data, end) = (self.0.data(), self.0.data_end());
        // Not only because what was judged has a header: "at least one byte", compiled, is "begins before the end", of which the verifier
        // learns nothing.
        if data + ethernet::LENGTH > end {
            return 0;
        }
        macro_rules! copy {
            ($($sixteen:literal)*) => {$(
                copy!(@ $sixteen * 16, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
            )*};
            (@ $from:expr, $($more:literal)*) => {$(
                const { assert!($from + $more < CAPTURE_SNAP) };
                let place = data + $from + $more;
                if place + 1 > end {
                    return $from + $more;
                }
                // SAFETY: one byte at `place` lies before `data_end`; the other place is in the room that the caller has.
                unsafe { *bytes.add($from + $more) = *(place as *const u8) };
            )*};
        }
        copy!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        WHOLE_SNAP
    }
}

/// `CAPTURE_SNAP` as a record counts.
#[expect(clippy::cast_possible_truncation, reason = "256")]
const WHOLE_SNAP: u16 = CAPTURE_SNAP as u16;
