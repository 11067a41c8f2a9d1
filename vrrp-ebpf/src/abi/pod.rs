//! The loader copies these in and out of maps byte for byte.

use super::{
    Alert, BlockView, Bucket, CaptureLosses, CaptureSwitch, CapturedFrame, Counters, PeerEntry,
    PeerKey, Port, Role, RouterEntry, RouterEvent, RouterKey, VipEntry, VipKey,
};

macro_rules! pod {
    ($($name:ident)*) => {$(
        // SAFETY: `repr(C)`, made of integers and byte arrays, and zerocopy's `IntoBytes` proves that it has no padding.
        unsafe impl aya::Pod for $name {}
        const _: () = {
            const fn has_no_padding<T: zerocopy::IntoBytes + zerocopy::FromBytes>() {}
            has_no_padding::<$name>();
        };
    )*};
}

pod!(Alert BlockView Bucket CaptureLosses CaptureSwitch CapturedFrame Counters PeerEntry PeerKey Port Role RouterEntry RouterEvent RouterKey VipEntry VipKey);
