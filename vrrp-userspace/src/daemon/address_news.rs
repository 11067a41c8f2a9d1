//! What is said, and to whom, when addresses come and go.

use tracing::{debug, error, warn};

use super::plan::Plan;
use crate::{
    guard::{GuardSender, SlotIndex},
    system::{address_worker::AddressReport, netlink::AddressFailure},
};

/// What the guard must know of the addresses, told on the worker's thread: it never waits.
///
/// An installation is told once more when it is done: the end of a removal that was under way when the claim was made is told after the
/// claim, and must not be the last word.
pub(super) fn tell_guard(report: &AddressReport, guard: &GuardSender) {
    let (slot, is_released) = match report {
        AddressReport::Released { slot, failures }
        | AddressReport::Retired { slot, failures, .. }
            if failures.is_empty() =>
        {
            (*slot, true)
        }
        AddressReport::Installed { slot, .. } | AddressReport::Failed { slot, .. } => {
            (*slot, false)
        }
        AddressReport::Released { .. }
        | AddressReport::Retired { .. }
        | AddressReport::Reassigned { .. }
        | AddressReport::Announced { .. } => return,
    };
    let Ok(index) = u16::try_from(slot) else {
        return;
    };
    let told = if is_released {
        guard.released(SlotIndex(index))
    } else {
        guard.claiming(SlotIndex(index))
    };
    if let Err(failure) = told {
        debug!("the guard was not told about slot {slot}: {failure}");
    }
}

/// Writes what became of the addresses into the log.
pub(super) fn log(plan: &Plan, report: &AddressReport) {
    let name = |slot: &usize| {
        plan.routers
            .get(slot)
            .map_or("", |router| router.settings.name.as_str())
    };
    match report {
        AddressReport::Installed {
            slot,
            existing_not_ours,
        } => {
            debug!("({}) setting VIPs.", name(slot));
            for address in existing_not_ours {
                warn!("({}) {address} was there before and will stay", name(slot));
            }
        }
        AddressReport::Failed { slot, failures } => {
            for failure in failures {
                error!(
                    "({}) cannot set {}: {}",
                    name(slot),
                    failure.address,
                    failure.error
                );
            }
        }
        AddressReport::Announced {
            slot,
            rounds_left: 0,
        } => {
            debug!("({}) gratuitous ARP sent", name(slot));
        }
        AddressReport::Announced { .. } => {}
        AddressReport::Released { slot, failures } => {
            debug!("({}) removing VIPs.", name(slot));
            stuck(name(slot), failures);
        }
        AddressReport::Reassigned { slot, failures, .. } => stuck(name(slot), failures),
        AddressReport::Retired { failures, .. } => stuck("a router that was removed", failures),
    }
}

fn stuck(name: &str, failures: &[AddressFailure]) {
    for failure in failures {
        error!(
            "({name}) cannot remove {}: {}",
            failure.address, failure.error
        );
    }
}
