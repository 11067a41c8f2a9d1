//! The status in Prometheus' text format.
//!
//! Pure. What RFC 8347 counts has its names, with `vrrp_` before and `_total` behind; what only we know begins with `xvrrpd_`.
//! `docs/metrics.md` is the reference. Labels are escaped and lines are made by the `prometheus` crate.

use prometheus::{
    Encoder as _, Error, GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::daemon::status::{Instance, Interface, Status};

/// The states an instance can be in.
const STATES: [&str; 4] = ["MASTER", "BACKUP", "FAULT", "INIT"];
/// How the program can be on an interface.
const MODES: [&str; 3] = ["native", "generic", "none"];

/// Labels of an instance.
const INSTANCE: [&str; 3] = ["instance", "interface", "vrid"];

/// The page about `status`.
pub(super) fn of(status: &Status) -> Result<Vec<u8>, Error> {
    let page = Page(Registry::new());
    page.about_errors(status)?;
    page.about_adverts(status)?;
    page.about_instances(status)?;
    page.about_interfaces(status)?;
    page.about_the_daemon(status)?;
    let mut text = Vec::new();
    TextEncoder::new().encode(&page.0.gather(), &mut text)?;
    Ok(text)
}

/// A name and what it means.
type Title<'a> = (&'a str, &'a str);

struct Page(Registry);

impl Page {
    /// What RFC 8347 counts for the whole node or each virtual router, and we for each interface.
    fn about_errors(&self, status: &Status) -> Result<(), Error> {
        let by_reason: [(Title<'_>, &str); 7] = [
            (
                (
                    "vrrp_checksum_errors_total",
                    "Adverts with a wrong VRRP checksum.",
                ),
                "checksum",
            ),
            (
                (
                    "vrrp_version_errors_total",
                    "Adverts of another VRRP version.",
                ),
                "version",
            ),
            (
                (
                    "vrrp_vrid_errors_total",
                    "Adverts for a VRID that is not configured here.",
                ),
                "unknown_router",
            ),
            (
                ("vrrp_ip_ttl_errors_total", "Adverts whose TTL is not 255."),
                "ip_ttl",
            ),
            (
                (
                    "vrrp_interval_errors_total",
                    "Adverts with another interval.",
                ),
                "interval",
            ),
            (
                (
                    "vrrp_invalid_type_pkts_rcvd_total",
                    "VRRP packets that are no advertisement.",
                ),
                "packet_type",
            ),
            (
                (
                    "vrrp_packet_length_errors_total",
                    "Adverts longer or shorter than their fields say.",
                ),
                "packet_length",
            ),
        ];
        for (title, reason) in by_reason {
            let counted = status.interfaces.iter();
            let counted = counted.map(|one| ([one.name.as_str()], judged(one, reason)));
            self.counters(title, ["interface"], counted)?;
        }
        Ok(())
    }

    /// What RFC 8347 counts for each virtual router.
    fn about_adverts(&self, status: &Status) -> Result<(), Error> {
        type Count = fn(&Instance) -> u64;
        let counts: [(Title<'_>, Count); 6] = [
            (
                (
                    "vrrp_master_transitions_total",
                    "How often it has become MASTER.",
                ),
                |one| one.became_master,
            ),
            (
                (
                    "vrrp_advertisement_rcvd_total",
                    "Adverts that were accepted.",
                ),
                |one| one.adverts.accepted,
            ),
            (
                ("vrrp_advertisement_sent_total", "Adverts that were sent."),
                |one| one.adverts.sent,
            ),
            (
                (
                    "vrrp_priority_zero_pkts_rcvd_total",
                    "Farewells that were heard.",
                ),
                |one| one.adverts.releases_accepted,
            ),
            (
                (
                    "vrrp_priority_zero_pkts_sent_total",
                    "Farewells that were sent.",
                ),
                |one| one.adverts.releases_sent,
            ),
            (
                (
                    "vrrp_address_list_errors_total",
                    "How often another list of addresses than ours was news.",
                ),
                |one| one.adverts.lists_differed,
            ),
        ];
        for (title, count) in counts {
            let instances = status.instances.iter().map(Labelled::of);
            let instances: Vec<_> = instances.collect();
            let counted = instances
                .iter()
                .map(|labelled| (labelled.labels(), count(labelled.instance)));
            self.counters(title, INSTANCE, counted)?;
        }
        Ok(())
    }

    fn about_instances(&self, status: &Status) -> Result<(), Error> {
        let instances: Vec<_> = status.instances.iter().map(Labelled::of).collect();
        let [instance, interface, vrid] = INSTANCE;
        let states = instances.iter().flat_map(|one| {
            let [name, interface, vrid] = one.labels();
            STATES.map(|state| {
                let is_it = one.instance.state == state;
                ([name, interface, vrid, state], i64::from(is_it))
            })
        });
        let title = (
            "vrrp_state",
            "Which state it is in: 1 in that one, 0 in the others.",
        );
        self.gauges(title, [instance, interface, vrid, "state"], states)?;

        type Value = fn(&Instance) -> Option<i64>;
        let values: [(Title<'_>, Value); 9] = [
            (
                (
                    "vrrp_discontinuity_datetime_seconds",
                    "Since when its counters count, as Unix time.",
                ),
                |one| Some(one.joined.as_second()),
            ),
            (
                (
                    "xvrrpd_state_since_timestamp_seconds",
                    "Since when it is in its state, as Unix time.",
                ),
                |one| Some(one.since.as_second()),
            ),
            (
                (
                    "vrrp_effective_priority",
                    "Which priority it advertises, or would.",
                ),
                |one| Some(one.priority.effective.into()),
            ),
            (
                ("vrrp_configured_priority", "Which priority is configured."),
                |one| Some(one.priority.configured.into()),
            ),
            (
                (
                    "xvrrpd_adverts_cannot_be_sent",
                    "Whether its last advert could not be sent.",
                ),
                |one| Some(one.adverts.cannot_be_sent.into()),
            ),
            (
                (
                    "xvrrpd_adverts_rejected_since_accepted",
                    "Adverts rejected since the last that was accepted.",
                ),
                |one| i64::try_from(one.adverts.rejected_since_accepted).ok(),
            ),
            (
                (
                    "xvrrpd_faults",
                    "How many things are wrong, or still awaited.",
                ),
                |one| i64::try_from(one.faults.len()).ok(),
            ),
            (
                (
                    "xvrrpd_addresses_configured",
                    "Addresses it holds while it is MASTER.",
                ),
                |one| i64::try_from(one.addresses.configured).ok(),
            ),
            (
                (
                    "xvrrpd_addresses_held",
                    "Those of them that are on their interfaces.",
                ),
                |one| one.addresses.held.and_then(|held| i64::try_from(held).ok()),
            ),
        ];
        for (title, value) in values {
            let known = instances
                .iter()
                .filter_map(|one| Some((one.labels(), value(one.instance)?)));
            self.gauges(title, INSTANCE, known)?;
        }
        let saved = instances
            .iter()
            .map(|one| (one.labels(), one.instance.adverts.saved_by_map));
        let title = (
            "xvrrpd_adverts_saved_by_map_total",
            "Adverts that only the program's map told of, in time.",
        );
        self.counters(title, INSTANCE, saved)?;
        let ages = instances.iter().filter_map(|one| {
            let age = one.instance.active_router.as_ref()?.last_advert_age_ms?;
            Some((
                one.labels(),
                std::time::Duration::from_millis(age).as_secs_f64(),
            ))
        });
        let title = (
            "xvrrpd_last_advert_age_seconds",
            "How old the last advert of the MASTER is, whoever that is.",
        );
        self.fractions(title, INSTANCE, ages)
    }

    fn about_interfaces(&self, status: &Status) -> Result<(), Error> {
        let interfaces = || status.interfaces.iter();
        let up = interfaces().map(|one| ([one.name.as_str()], i64::from(one.is_up)));
        let title = ("xvrrpd_interface_up", "Whether it is up and has a carrier.");
        self.gauges(title, ["interface"], up)?;
        let modes = interfaces().flat_map(|one| {
            MODES.map(|mode| ([one.name.as_str(), mode], i64::from(one.xdp.mode == mode)))
        });
        let title = (
            "xvrrpd_xdp_mode",
            "How the XDP program is there: 1 for that mode, 0 for the others.",
        );
        self.gauges(title, ["interface", "mode"], modes)?;
        let frames = interfaces().flat_map(|one| {
            let name = one.name.as_str();
            let counters = &one.counters;
            let paths = [("program", &counters.program), ("raw", &counters.raw)];
            paths.into_iter().flat_map(move |(path, counted)| {
                counted
                    .iter()
                    .map(move |(reason, count)| ([name, path, reason.as_str()], *count))
            })
        });
        let title = (
            "xvrrpd_frames_total",
            "What was judged, by whom and with which outcome; `xvrrpd status` says what each means.",
        );
        self.counters(title, ["interface", "path", "reason"], frames)?;
        let lost = interfaces().map(|one| ([one.name.as_str()], one.counters.raw_lost));
        let title = (
            "xvrrpd_raw_lost_total",
            "What the raw sockets had no room for.",
        );
        self.counters(title, ["interface"], lost)
    }

    fn about_the_daemon(&self, status: &Status) -> Result<(), Error> {
        let info = ("xvrrpd_build_info", "The version of the daemon.");
        self.gauges(info, ["version"], [([status.version.as_str()], 1)])?;
        let wakeups = &status.wakeups;
        let counters: [(Title<'_>, u64); 2] = [
            (
                (
                    "xvrrpd_wakeups_total",
                    "Wake-ups of the election for a deadline.",
                ),
                wakeups.total,
            ),
            (
                (
                    "xvrrpd_late_wakeups_total",
                    "Those of them that were more than 3.9 ms late.",
                ),
                wakeups.late,
            ),
        ];
        for (title, count) in counters {
            self.counters(title, [], [([], count)])?;
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let reload = status.last_reload.as_ref();
        let gauges: [(Title<'_>, Option<i64>); 6] = [
            (
                (
                    "vrrp_virtual_routers",
                    "Virtual routers that are configured.",
                ),
                Some(count(status.instances.len())),
            ),
            (
                (
                    "vrrp_interfaces",
                    "Interfaces on which adverts are sent and heard.",
                ),
                Some(count(
                    status
                        .interfaces
                        .iter()
                        .filter(|one| one.carries_adverts)
                        .count(),
                )),
            ),
            (
                (
                    "xvrrpd_start_timestamp_seconds",
                    "When the daemon was started, as Unix time.",
                ),
                Some(status.started.as_second()),
            ),
            (
                ("xvrrpd_guard_present", "Whether there is a guard."),
                Some(status.guard_pid.is_some().into()),
            ),
            (
                (
                    "xvrrpd_last_reload_success",
                    "Whether the last reload was taken; absent if there was none.",
                ),
                reload.map(|last| last.is_done.into()),
            ),
            (
                (
                    "xvrrpd_last_reload_timestamp_seconds",
                    "When the last reload was, as Unix time.",
                ),
                reload.map(|last| last.at.as_second()),
            ),
        ];
        for (title, value) in gauges {
            self.gauges(title, [], value.map(|value| ([], value)))?;
        }
        let worst = std::time::Duration::from_micros(wakeups.worst_us).as_secs_f64();
        let title = (
            "xvrrpd_worst_wakeup_lateness_seconds",
            "By how much the latest wake-up was late.",
        );
        self.fractions(title, [], [([], worst)])
    }

    fn counters<'a, const N: usize>(
        &self,
        (name, help): Title<'_>,
        labels: [&str; N],
        samples: impl IntoIterator<Item = ([&'a str; N], u64)>,
    ) -> Result<(), Error> {
        let family = IntCounterVec::new(Opts::new(name, help), &labels)?;
        for (values, count) in samples {
            family.get_metric_with_label_values(&values)?.inc_by(count);
        }
        self.0.register(Box::new(family))
    }

    fn gauges<'a, const N: usize>(
        &self,
        (name, help): Title<'_>,
        labels: [&str; N],
        samples: impl IntoIterator<Item = ([&'a str; N], i64)>,
    ) -> Result<(), Error> {
        let family = IntGaugeVec::new(Opts::new(name, help), &labels)?;
        for (values, value) in samples {
            family.get_metric_with_label_values(&values)?.set(value);
        }
        self.0.register(Box::new(family))
    }

    fn fractions<'a, const N: usize>(
        &self,
        (name, help): Title<'_>,
        labels: [&str; N],
        samples: impl IntoIterator<Item = ([&'a str; N], f64)>,
    ) -> Result<(), Error> {
        let family = GaugeVec::new(Opts::new(name, help), &labels)?;
        for (values, value) in samples {
            family.get_metric_with_label_values(&values)?.set(value);
        }
        self.0.register(Box::new(family))
    }
}

/// An instance and its labels.
struct Labelled<'a> {
    instance: &'a Instance,
    vrid: String,
}

impl<'a> Labelled<'a> {
    fn of(instance: &'a Instance) -> Self {
        Self {
            instance,
            vrid: instance.vrid.to_string(),
        }
    }

    fn labels(&self) -> [&str; 3] {
        [&self.instance.name, &self.instance.interface, &self.vrid]
    }
}

/// What was judged on an interface for this reason, by either path.
fn judged(interface: &Interface, reason: &str) -> u64 {
    let counters = &interface.counters;
    let count = |counted: &std::collections::BTreeMap<String, u64>| counted.get(reason).copied();
    count(&counters.program).unwrap_or(0) + count(&counters.raw).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::status::tests::{busy, nothing};

    fn text(status: &Status) -> String {
        String::from_utf8(of(status).unwrap()).unwrap()
    }

    #[test]
    fn what_the_rfc_counts_has_its_names() {
        let text = text(&busy("VI_1"));
        for line in [
            "vrrp_checksum_errors_total{interface=\"eth0\"} 7",
            "vrrp_ip_ttl_errors_total{interface=\"eth0\"} 0",
            "vrrp_advertisement_sent_total{instance=\"VI_1\",interface=\"eth0\",vrid=\"51\"} 20",
            "vrrp_priority_zero_pkts_rcvd_total{instance=\"VI_1\",interface=\"eth0\",vrid=\"51\"} 2",
            "vrrp_state{instance=\"VI_1\",interface=\"eth0\",state=\"BACKUP\",vrid=\"51\"} 1",
            "vrrp_state{instance=\"VI_1\",interface=\"eth0\",state=\"MASTER\",vrid=\"51\"} 0",
            "xvrrpd_last_advert_age_seconds{instance=\"VI_1\",interface=\"eth0\",vrid=\"51\"} 0.412",
            "# TYPE vrrp_master_transitions_total counter",
        ] {
            assert!(
                text.lines().any(|one| one == line),
                "{line} is not in\n{text}"
            );
        }
    }

    #[test]
    fn names_cannot_break_out_of_their_label() {
        let text = text(&busy("a\"b\\c\nd"));
        assert!(
            text.contains(r#"{instance="a\"b\\c\nd",interface="eth0""#),
            "{text}"
        );
    }

    #[test]
    fn a_daemon_with_nothing_to_say_says_that() {
        let text = text(&nothing());
        assert!(text.contains("vrrp_virtual_routers 0\n"), "{text}");
        assert!(!text.contains("xvrrpd_last_reload"), "{text}");
    }

    #[test]
    fn the_documentation_names_every_metric() {
        let documented = include_str!("../../../../docs/metrics.md");
        for line in text(&busy("VI_1")).lines() {
            let Some(rest) = line.strip_prefix("# HELP ") else {
                continue;
            };
            let (name, help) = rest.split_once(' ').unwrap();
            let row = format!("| `{name}` | {help} |");
            assert!(documented.contains(&row), "{row}");
        }
    }
}
