//! The XDP entry point: one match from verdict to action.

use aya_ebpf::{
    bindings::xdp_action::{XDP_DROP, XDP_PASS},
    macros::xdp,
    programs::XdpContext,
};
use vrrp_ebpf::{
    abi::Port,
    frame::Frame,
    verdict::{self, Verdict},
    wire::ethernet,
};

use crate::{frame::XdpFrame, maps, telemetry};

/// Judges every frame of an attached interface.
#[xdp]
pub(crate) fn vrrp_xdp(ctx: XdpContext) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the kernel's field has 32 bits"
    )]
    let ifindex = ctx.ingress_ifindex() as u32;
    match maps::port(ifindex) {
        Some(port) => on_port(&ctx, &port),
        None => XDP_PASS,
    }
}

#[inline(always)]
fn on_port(ctx: &XdpContext, port: &Port) -> u32 {
    let frame = XdpFrame(ctx);
    match verdict::decide(&frame, port, &maps::KernelTables) {
        Verdict::Ignore => XDP_PASS,
        Verdict::Pass(reason) => {
            maps::count(port.number, reason);
            XDP_PASS
        }
        Verdict::Reject {
            reason,
            slot,
            source,
        } => {
            telemetry::rejected(ctx, port, reason, slot, source, sender(&frame));
            XDP_DROP
        }
        Verdict::Accept(accepted) => {
            telemetry::accepted(ctx, port, &accepted);
            action(accepted.drop)
        }
        Verdict::Claim(claim) => {
            telemetry::claimed(ctx, port, &claim);
            action(claim.drop)
        }
    }
}

#[inline(always)]
const fn action(drop: bool) -> u32 {
    if drop { XDP_DROP } else { XDP_PASS }
}

#[inline(always)]
fn sender(frame: &XdpFrame<'_>) -> [u8; 6] {
    match frame.header::<ethernet::Header>(0) {
        Some(header) => header.source,
        None => [0; 6],
    }
}
