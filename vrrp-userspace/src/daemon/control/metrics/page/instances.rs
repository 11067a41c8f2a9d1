//! What there is to say about each instance.

use std::time::Duration;

use prometheus::Error;

use super::sheet::{Metric, Sheet, Subjects, metric, whole};
use crate::daemon::status::Instance;

/// The states an instance can be in.
const STATES: [&str; 4] = ["MASTER", "BACKUP", "FAULT", "INIT"];

/// What RFC 8347 counts for each virtual router, and what only we can count.
const COUNTERS: [Metric<Instance, u64>; 7] = [
    metric(
        "vrrp_master_transitions_total",
        "How often it has become MASTER.",
        |one| one.became_master,
    ),
    metric(
        "vrrp_advertisement_rcvd_total",
        "Adverts that were accepted.",
        |one| one.adverts.accepted,
    ),
    metric(
        "vrrp_advertisement_sent_total",
        "Adverts that were sent.",
        |one| one.adverts.sent,
    ),
    metric(
        "vrrp_priority_zero_pkts_rcvd_total",
        "Farewells that were heard.",
        |one| one.adverts.releases_accepted,
    ),
    metric(
        "vrrp_priority_zero_pkts_sent_total",
        "Farewells that were sent.",
        |one| one.adverts.releases_sent,
    ),
    metric(
        "vrrp_address_list_errors_total",
        "How often another list of addresses than ours was news.",
        |one| one.adverts.lists_differed,
    ),
    metric(
        "xvrrpd_adverts_saved_by_map_total",
        "Adverts that only the program's map told of, in time.",
        |one| one.adverts.saved_by_map,
    ),
];

const GAUGES: [Metric<Instance, Option<i64>>; 9] = [
    metric(
        "vrrp_discontinuity_datetime_seconds",
        "Since when its counters count, as Unix time.",
        |one| Some(one.joined.as_second()),
    ),
    metric(
        "vrrp_effective_priority",
        "Which priority it advertises, or would.",
        |one| Some(one.priority.effective.into()),
    ),
    metric(
        "vrrp_configured_priority",
        "Which priority is configured.",
        |one| Some(one.priority.configured.into()),
    ),
    metric(
        "xvrrpd_state_since_timestamp_seconds",
        "Since when it is in its state, as Unix time.",
        |one| Some(one.since.as_second()),
    ),
    metric(
        "xvrrpd_adverts_cannot_be_sent",
        "Whether its last advert could not be sent.",
        |one| Some(one.adverts.cannot_be_sent.into()),
    ),
    metric(
        "xvrrpd_adverts_rejected_since_accepted",
        "Adverts rejected since the last that was accepted.",
        |one| Some(whole(one.adverts.rejected_since_accepted)),
    ),
    metric(
        "xvrrpd_faults",
        "How many things are wrong, or still awaited.",
        |one| Some(whole(one.faults.len())),
    ),
    metric(
        "xvrrpd_addresses_configured",
        "Addresses it holds while it is MASTER.",
        |one| Some(whole(one.addresses.configured)),
    ),
    metric(
        "xvrrpd_addresses_held",
        "Those of them that are on their interfaces.",
        |one| one.addresses.held.map(whole),
    ),
];

const FRACTIONS: [Metric<Instance, Option<f64>>; 1] = [metric(
    "xvrrpd_last_advert_age_seconds",
    "How old the last advert of the MASTER is, whoever that is.",
    |one| {
        let age = one.active_router.as_ref()?.last_advert_age_ms?;
        Some(Duration::from_millis(age).as_secs_f64())
    },
)];

/// Says it.
pub(super) fn describe(sheet: &Sheet, instances: &[Instance]) -> Result<(), Error> {
    let subjects = Subjects {
        labels: ["vrrp_instance", "interface", "vrid"],
        all: instances.iter().map(|one| (one, labels(one))).collect(),
    };
    sheet.counters(&COUNTERS, &subjects)?;
    sheet.gauges(&GAUGES, &subjects)?;
    sheet.fractions(&FRACTIONS, &subjects)?;
    states(sheet, instances)
}

fn states(sheet: &Sheet, instances: &[Instance]) -> Result<(), Error> {
    let states = instances.iter().flat_map(|one| {
        STATES.map(|state| {
            let [name, interface, vrid] = labels(one);
            let is_it = one.state == state;
            ([name, interface, vrid, state.to_owned()], is_it.into())
        })
    });
    let title = (
        "vrrp_state",
        "Which state it is in: 1 in that one, 0 in the others.",
    );
    sheet.gauge(
        title,
        ["vrrp_instance", "interface", "vrid", "state"],
        states,
    )
}

fn labels(instance: &Instance) -> [String; 3] {
    [
        instance.name.clone(),
        instance.interface.clone(),
        instance.vrid.to_string(),
    ]
}
