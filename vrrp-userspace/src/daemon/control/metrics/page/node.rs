//! What there is to say about the daemon and the whole node.

use std::time::Duration;

use prometheus::Error;

use super::sheet::{Metric, Sheet, Subjects, metric, whole};
use crate::daemon::status::Status;

const COUNTERS: [Metric<Status, u64>; 2] = [
    metric(
        "xvrrpd_wakeups_total",
        "Wake-ups of the election for a deadline.",
        |node| node.wakeups.total,
    ),
    metric(
        "xvrrpd_late_wakeups_total",
        "Those of them that were late, from when on `xvrrpd status` says.",
        |node| node.wakeups.late,
    ),
];

const GAUGES: [Metric<Status, Option<i64>>; 7] = [
    metric(
        "vrrp_virtual_routers",
        "Virtual routers that are configured.",
        |node| Some(whole(node.instances.len())),
    ),
    metric(
        "vrrp_interfaces",
        "Interfaces on which adverts are sent and heard.",
        |node| {
            let interfaces = node.interfaces.iter();
            Some(whole(interfaces.filter(|one| one.carries_adverts).count()))
        },
    ),
    metric(
        "xvrrpd_start_timestamp_seconds",
        "When the daemon was started, as Unix time.",
        |node| Some(node.started.as_second()),
    ),
    metric(
        "xvrrpd_guard_present",
        "Whether there is a guard.",
        |node| Some(node.guard_pid.is_some().into()),
    ),
    metric(
        "xvrrpd_leaving_addresses",
        "Addresses that a reload has taken away and that are not gone yet.",
        |node| Some(whole(node.leaving_addresses)),
    ),
    metric(
        "xvrrpd_last_reload_success",
        "Whether the last reload was taken; absent if there was none.",
        |node| Some(node.last_reload.as_ref()?.is_done.into()),
    ),
    metric(
        "xvrrpd_last_reload_timestamp_seconds",
        "When the last reload was, as Unix time.",
        |node| Some(node.last_reload.as_ref()?.at.as_second()),
    ),
];

const FRACTIONS: [Metric<Status, Option<f64>>; 1] = [metric(
    "xvrrpd_worst_wakeup_lateness_seconds",
    "By how much the latest wake-up was late.",
    |node| Some(Duration::from_micros(node.wakeups.worst_us).as_secs_f64()),
)];

/// Says it.
pub(super) fn describe(sheet: &Sheet, status: &Status) -> Result<(), Error> {
    let subjects = Subjects {
        labels: [],
        all: vec![(status, [])],
    };
    sheet.counters(&COUNTERS, &subjects)?;
    sheet.gauges(&GAUGES, &subjects)?;
    sheet.fractions(&FRACTIONS, &subjects)?;
    let title = ("xvrrpd_build_info", "The version of the daemon.");
    sheet.gauge(title, ["version"], [([status.version.clone()], 1)])
}
