//! The XDP entry point: one match from verdict to action.

use aya_ebpf::{
    bindings::xdp_action::{XDP_DROP, XDP_PASS},
    macros::xdp,
    programs::XdpContext,
};
use vrrp_ebpf::{
    abi::{Port, Reason},
    frame::Frame,
    verdict::{self, Verdict},
    wire::ethernet,
};

use crate::{
    capture::{self, Outcome},
    frame::XdpFrame,
    maps, telemetry,
};

/// Judges every frame of an attached interface.
#[xdp]
pub(crate) fn vrrp_xdp(ctx: XdpContext) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a field of 32 bits, widened by aya"
    )]
    let interface = ctx.ingress_ifindex() as u32;
    match maps::port(interface) {
        Some(port) => {
            let outcome = on_port(&ctx, &port);
            capture::offer(&ctx, port.number, outcome);
            outcome.action()
        }
        None => XDP_PASS,
    }
}

#[inline(always)]
fn on_port(ctx: &XdpContext, port: &Port) -> Outcome {
    Outcome::from_bits(match XdpFrame(ctx).header::<ethernet::Header>(0) {
        Some(ethernet) if ethernet.is_tagged() => on_tagged(ctx, port, &ethernet),
        Some(ethernet) => on_untagged(ctx, port, &ethernet),
        None => return Outcome::plain(XDP_PASS),
    })
}

/// A call of its own, as the other is: their offsets differ, and each needs most of a stack. Returns the bits of an [`Outcome`].
#[inline(never)]
fn on_untagged(ctx: &XdpContext, port: &Port, ethernet: &ethernet::Header) -> u32 {
    let frame = XdpFrame(ctx);
    let verdict = verdict::decide_untagged(&frame, ethernet, port, &maps::KernelTables);
    act_on(ctx, port, ethernet, &verdict).bits()
}

#[inline(never)]
fn on_tagged(ctx: &XdpContext, port: &Port, ethernet: &ethernet::Header) -> u32 {
    let frame = XdpFrame(ctx);
    let verdict = verdict::decide_tagged(&frame, ethernet, port, &maps::KernelTables);
    act_on(ctx, port, ethernet, &verdict).bits()
}

#[inline(always)]
fn act_on(
    ctx: &XdpContext,
    port: &Port,
    ethernet: &ethernet::Header,
    verdict: &Verdict,
) -> Outcome {
    match *verdict {
        Verdict::Ignore => Outcome::plain(XDP_PASS),
        Verdict::Pass(reason) => {
            maps::count(port.number, reason);
            Outcome::plain(XDP_PASS)
        }
        Verdict::Reject {
            reason,
            slot,
            source,
        } => {
            telemetry::rejected(ctx, port, reason, slot, source, ethernet.source);
            Outcome::rejected(XDP_DROP, reason)
        }
        Verdict::Accept(accepted) => {
            telemetry::accepted(ctx, port, &accepted);
            Outcome::accepted(action(accepted.drop))
        }
        Verdict::Claim(claim) => {
            telemetry::claimed(ctx, port, &claim);
            Outcome::rejected(action(claim.drop), Reason::ArpClaim)
        }
    }
}

#[inline(always)]
const fn action(drop: bool) -> u32 {
    if drop { XDP_DROP } else { XDP_PASS }
}
