//! The XDP entry point: one match from verdict to action.

use aya_ebpf::{
    bindings::xdp_action::{XDP_DROP, XDP_PASS},
    macros::xdp,
    programs::XdpContext,
};
use vrrp_ebpf::{
    abi::{Port, Reason},
    frame::Frame,
    verdict::{self, Payload, TAGGED, UNTAGGED, Verdict},
    wire::ethernet,
};

use crate::{capture, frame::XdpFrame, maps, telemetry};

/// Judges every frame of an attached interface.
#[xdp]
pub(crate) fn vrrp_xdp(ctx: XdpContext) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a field of 32 bits, widened by aya"
    )]
    let interface = ctx.ingress_ifindex() as u32;
    match maps::port(interface) {
        Some(port) => on_port(&ctx, &port),
        None => XDP_PASS,
    }
}

#[inline(always)]
fn on_port(ctx: &XdpContext, port: &Port) -> u32 {
    let frame = XdpFrame(ctx);
    let Some(ethernet) = frame.header::<ethernet::Header>(0) else {
        return XDP_PASS;
    };
    match Payload::of(&frame, &ethernet) {
        Payload::Narrow(kind) => on_narrow::<UNTAGGED>(ctx, port, &ethernet, kind),
        Payload::Wide => on_wide::<UNTAGGED>(ctx, port, &ethernet),
        Payload::NarrowBehindTag(kind) => on_narrow::<TAGGED>(ctx, port, &ethernet, kind),
        Payload::WideBehindTag => on_wide::<TAGGED>(ctx, port, &ethernet),
        Payload::TaggedVrrp => {
            maps::count(port.number, Reason::Tagged);
            XDP_PASS
        }
        Payload::Other => XDP_PASS,
    }
}

/// Calls of their own: each needs most of a stack.
#[inline(never)]
fn on_narrow<const AT: usize>(
    ctx: &XdpContext,
    port: &Port,
    ethernet: &ethernet::Header,
    ether_type: u16,
) -> u32 {
    let frame = XdpFrame(ctx);
    let tables = &maps::KernelTables;
    let verdict = verdict::decide_narrow::<_, _, AT>(&frame, ethernet, ether_type, port, tables);
    act_on(ctx, port, ethernet, &verdict)
}

#[inline(never)]
fn on_wide<const AT: usize>(ctx: &XdpContext, port: &Port, ethernet: &ethernet::Header) -> u32 {
    let frame = XdpFrame(ctx);
    let verdict = verdict::decide_wide::<_, _, AT>(&frame, ethernet, port, &maps::KernelTables);
    act_on(ctx, port, ethernet, &verdict)
}

#[inline(always)]
fn act_on(ctx: &XdpContext, port: &Port, ethernet: &ethernet::Header, verdict: &Verdict) -> u32 {
    match *verdict {
        Verdict::Ignore => XDP_PASS,
        Verdict::Pass(reason) => {
            maps::count(port.number, reason);
            XDP_PASS
        }
        Verdict::Reject {
            reason,
            slot,
            family,
            source,
        } => {
            telemetry::rejected(ctx, port, reason, slot, (family, source), ethernet.source);
            capture::rejected(ctx, port, reason, XDP_DROP);
            XDP_DROP
        }
        Verdict::Accept(accepted) => {
            telemetry::accepted(ctx, port, &accepted);
            let action = action(accepted.drop);
            capture::accepted(ctx, port, action);
            action
        }
        Verdict::Claim(claim) => {
            telemetry::claimed(ctx, port, &claim);
            let action = action(claim.drop);
            capture::rejected(ctx, port, claim.reason(), action);
            action
        }
    }
}

#[inline(always)]
const fn action(drop: bool) -> u32 {
    if drop { XDP_DROP } else { XDP_PASS }
}
