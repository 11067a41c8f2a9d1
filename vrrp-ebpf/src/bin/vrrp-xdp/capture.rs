//! Frames for whoever captures, and nothing while nobody does.

use aya_ebpf::{bindings::xdp_action::XDP_DROP, programs::XdpContext};
use vrrp_ebpf::abi::{CAPTURE_ACCEPTED, CAPTURE_NOTHING, CAPTURE_REJECTED, Reason};

use crate::{
    frame::{CapturedHead, XdpFrame},
    maps, telemetry,
};

/// What becomes of a frame, and what a capture would say of it: in one register, since it comes out of a call.
///
/// The copying is done behind that call and not inside: the judge needs most of a stack.
#[derive(Clone, Copy)]
pub(crate) struct Outcome(u32);

impl Outcome {
    /// Nothing to capture.
    #[inline(always)]
    pub(crate) const fn plain(action: u32) -> Self {
        Self::new(action, CAPTURE_NOTHING, 0)
    }

    /// For whoever captures what is rejected.
    #[inline(always)]
    pub(crate) const fn rejected(action: u32, reason: Reason) -> Self {
        Self::new(action, CAPTURE_REJECTED, reason as u32)
    }

    /// For whoever captures everything.
    #[inline(always)]
    pub(crate) const fn accepted(action: u32) -> Self {
        Self::new(action, CAPTURE_ACCEPTED, Reason::Accepted as u32)
    }

    #[inline(always)]
    const fn new(action: u32, level: u32, reason: u32) -> Self {
        Self(action | level << 8 | reason << 16)
    }

    /// From the register.
    #[inline(always)]
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// For the register.
    #[inline(always)]
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// What XDP is to do.
    #[inline(always)]
    pub(crate) const fn action(self) -> u32 {
        self.0 & 0xff
    }

    #[inline(always)]
    const fn level(self) -> u32 {
        self.0 >> 8 & 0xff
    }
}

/// Copies the frame into the ring if somebody captures its like.
#[inline(always)]
pub(crate) fn offer(ctx: &XdpContext, port: u16, outcome: Outcome) {
    if outcome.level() != CAPTURE_NOTHING && outcome.level() <= maps::capture_level() {
        copy(ctx, port, outcome.bits());
    }
}

/// A call of its own, so that whoever has nothing to do with it does not carry its instructions along.
#[inline(never)]
fn copy(ctx: &XdpContext, port: u16, outcome: u32) {
    let Some(room) = maps::capture() else {
        return;
    };
    let is_dropped = u8::from(Outcome::from_bits(outcome).action() == XDP_DROP);
    #[expect(clippy::cast_possible_truncation, reason = "a `Reason` put it there")]
    let reason = (outcome >> 16) as u8;
    XdpFrame(ctx).copy_to(
        room,
        CapturedHead {
            time_ns: telemetry::now_ns(),
            port,
            reason,
            is_dropped,
        },
    );
}
