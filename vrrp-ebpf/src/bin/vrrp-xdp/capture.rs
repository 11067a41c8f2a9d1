//! Frames for whoever captures, and nothing while nobody does.

use aya_ebpf::programs::XdpContext;
use vrrp_ebpf::abi::{CAPTURE_ACCEPTED, CAPTURE_REJECTED, CaptureHead, Port, Reason};

use crate::{frame::XdpFrame, maps, telemetry};

/// Offers a frame that was rejected, or makes a foreign claim, and is answered with `action`.
#[inline(always)]
pub(crate) fn rejected(ctx: &XdpContext, port: &Port, reason: Reason, action: u32) {
    offer(ctx, CAPTURE_REJECTED, port.number, reason as u32, action);
}

/// Offers a frame that was accepted.
#[inline(always)]
pub(crate) fn accepted(ctx: &XdpContext, port: &Port, action: u32) {
    let reason = Reason::Accepted as u32;
    offer(ctx, CAPTURE_ACCEPTED, port.number, reason, action);
}

/// Copies the frame into the ring if frames of this level are captured.
///
/// A call of its own: the judge needs most of a stack, and has left pointers there that nothing may be written over. What it is given is
/// stored and not branched on, so that the verifier walks through the copy once and not for every reason.
#[inline(never)]
fn offer(ctx: &XdpContext, level: u32, port: u16, reason: u32, action: u32) {
    if maps::capture_level() < level {
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a `Reason` and an action")]
    let head = CaptureHead {
        port,
        reason: reason as u8,
        action: action as u8,
    };
    if let Some(room) = maps::capture() {
        XdpFrame(ctx).copy_to(room, head, telemetry::now_ns());
    }
}
