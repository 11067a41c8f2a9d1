//! What there is to say about each interface.

use std::collections::BTreeMap;

use prometheus::Error;

use super::sheet::{Metric, Sheet, Subjects, metric};
use crate::daemon::status::Interface;

/// How the program can be on an interface.
const MODES: [&str; 3] = ["native", "generic", "none"];

/// What RFC 8347 counts for the whole node or for each virtual router, and we for each interface, and what only we count.
const COUNTERS: [Metric<Interface, u64>; 8] = [
    metric(
        "vrrp_checksum_errors_total",
        "Adverts with a wrong VRRP checksum.",
        |one| judged(one, "checksum"),
    ),
    metric(
        "vrrp_version_errors_total",
        "Adverts of another VRRP version.",
        |one| judged(one, "version"),
    ),
    metric(
        "vrrp_vrid_errors_total",
        "Adverts for a VRID that is not configured here.",
        |one| judged(one, "unknown_router"),
    ),
    metric(
        "vrrp_ip_ttl_errors_total",
        "Adverts whose TTL is not 255.",
        |one| judged(one, "ip_ttl"),
    ),
    metric(
        "vrrp_interval_errors_total",
        "Adverts with another interval.",
        |one| judged(one, "interval"),
    ),
    metric(
        "vrrp_invalid_type_pkts_rcvd_total",
        "VRRP packets that are no advertisement.",
        |one| judged(one, "packet_type"),
    ),
    metric(
        "vrrp_packet_length_errors_total",
        "Adverts longer or shorter than their fields say.",
        |one| judged(one, "packet_length"),
    ),
    metric(
        "xvrrpd_raw_lost_total",
        "What the raw sockets had no room for.",
        |one| one.counters.raw_lost,
    ),
];

const GAUGES: [Metric<Interface, Option<i64>>; 1] = [metric(
    "xvrrpd_interface_up",
    "Whether it is up and has a carrier.",
    |one| Some(one.is_up.into()),
)];

/// Says it.
pub(super) fn describe(sheet: &Sheet, interfaces: &[Interface]) -> Result<(), Error> {
    let subjects = Subjects {
        labels: ["interface"],
        all: interfaces
            .iter()
            .map(|one| (one, [one.name.clone()]))
            .collect(),
    };
    sheet.counters(&COUNTERS, &subjects)?;
    sheet.gauges(&GAUGES, &subjects)?;
    modes(sheet, interfaces)?;
    frames(sheet, interfaces)
}

fn modes(sheet: &Sheet, interfaces: &[Interface]) -> Result<(), Error> {
    let modes = interfaces.iter().flat_map(|one| {
        MODES.map(|mode| {
            let is_it = one.xdp.mode == mode;
            ([one.name.clone(), mode.to_owned()], is_it.into())
        })
    });
    let title = (
        "xvrrpd_xdp_mode",
        "How the XDP program is there: 1 for that mode, 0 for the others.",
    );
    sheet.gauge(title, ["interface", "mode"], modes)
}

/// Everything that is counted, by the names it has in the kernel.
fn frames(sheet: &Sheet, interfaces: &[Interface]) -> Result<(), Error> {
    let frames = interfaces.iter().flat_map(|one| {
        let paths = [
            ("program", &one.counters.program),
            ("raw", &one.counters.raw),
        ];
        paths.into_iter().flat_map(move |(path, counted)| {
            counted.iter().map(move |(reason, count)| {
                let labels = [one.name.clone(), path.to_owned(), reason.clone()];
                (labels, *count)
            })
        })
    });
    let title = (
        "xvrrpd_frames_total",
        "What was judged, by whom and with which outcome; `xvrrpd status` says what each means.",
    );
    sheet.counter(title, ["interface", "path", "reason"], frames)
}

/// What was judged on an interface for this reason, by either path.
fn judged(interface: &Interface, reason: &str) -> u64 {
    let counters = &interface.counters;
    let count = |counted: &BTreeMap<String, u64>| counted.get(reason).copied().unwrap_or(0);
    count(&counters.program) + count(&counters.raw)
}
