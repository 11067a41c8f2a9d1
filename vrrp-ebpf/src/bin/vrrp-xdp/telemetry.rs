//! Counting, alerting and, on cold paths, logging.

use aya_ebpf::{helpers::bpf_ktime_get_ns, programs::XdpContext};
use aya_log_ebpf::warn;
use vrrp_ebpf::abi::{ALERT_REJECTED, Alert, Port, Reason, RouterEvent};
use vrrp_ebpf::verdict::{Accepted, Claim, Tables as _};

use crate::maps;

/// Counts a rejected advertisement and, if its bucket has a token, tells the controller.
#[inline(always)]
pub(crate) fn rejected(
    ctx: &XdpContext,
    port: &Port,
    reason: Reason,
    slot: u32,
    source: (u8, [u8; 16]),
    hardware_address: [u8; 6],
) {
    maps::count(port.number, reason);
    maps::record_rejection(slot);
    let alert = Alert {
        time_ns: now_ns(),
        slot,
        port: port.number,
        kind: ALERT_REJECTED,
        reason: reason as u8,
        address: source.1,
        hardware_address,
        family: source.0,
        reserved: 0,
    };
    send(ctx, port, reason, alert);
}

/// Counts a foreign claim and, if its bucket has a token, tells the controller.
#[inline(always)]
pub(crate) fn claimed(ctx: &XdpContext, port: &Port, claim: &Claim) {
    maps::count(port.number, claim.reason());
    if claim.is_malformed {
        maps::count(port.number, claim.malformed());
    }
    send(
        ctx,
        port,
        claim.reason(),
        claim.alert(port.number, now_ns()),
    );
}

/// Counts an accepted advertisement, records it, and rings the doorbell if it says something new.
#[inline(always)]
pub(crate) fn accepted(ctx: &XdpContext, port: &Port, accepted: &Accepted) {
    maps::count(port.number, Reason::Accepted);
    let role = maps::KernelTables.role(accepted.slot);
    match maps::record(accepted, &role, now_ns()) {
        maps::Recorded::Quietly => {}
        maps::Recorded::Ring(bell) => {
            if !maps::ring(&RouterEvent {
                slot: accepted.slot,
                reserved: 0,
                bell,
            }) {
                maps::count(port.number, Reason::EventLost);
            }
        }
        maps::Recorded::BlockMissing => {
            maps::count(port.number, Reason::BlockMissing);
            if maps::may_alert(port.number.into(), Reason::BlockMissing, now_ns()) {
                warn!(
                    ctx,
                    "no block for slot {} on port {}: advertisement not recorded",
                    accepted.slot,
                    port.number
                );
            }
        }
    }
}

#[inline(always)]
fn send(ctx: &XdpContext, port: &Port, reason: Reason, alert: Alert) {
    if !maps::may_alert(alert.slot, reason, alert.time_ns) {
        maps::count(port.number, Reason::AlertSuppressed);
    } else if !maps::alert(&alert) {
        maps::count(port.number, Reason::AlertLost);
        if maps::may_alert(port.number.into(), Reason::AlertLost, alert.time_ns) {
            warn!(
                ctx,
                "alert ring full on port {}: record of reason {} lost", port.number, alert.reason
            );
        }
    }
}

/// This moment, in nanoseconds of `CLOCK_MONOTONIC`.
#[inline(always)]
pub(crate) fn now_ns() -> u64 {
    // SAFETY: takes nothing and only reads the clock.
    unsafe { bpf_ktime_get_ns() }
}
