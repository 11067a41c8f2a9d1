//! The status in Prometheus' text format.
//!
//! Pure. What RFC 8347 counts has its names, with `vrrp_` before and `_total` behind; what only we know begins with `xvrrpd_`.
//! `docs/metrics.md` is the reference. Labels are escaped and lines are made by the `prometheus` crate.

mod instances;
mod interfaces;
mod node;
mod sheet;

use prometheus::Error;

use self::sheet::Sheet;
use crate::daemon::status::Status;

/// The page about `status`.
pub(super) fn of(status: &Status) -> Result<Vec<u8>, Error> {
    let sheet = Sheet::default();
    node::describe(&sheet, status)?;
    instances::describe(&sheet, &status.instances)?;
    interfaces::describe(&sheet, &status.interfaces)?;
    sheet.text()
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
            "vrrp_advertisement_sent_total{interface=\"eth0\",vrid=\"51\",vrrp_instance=\"VI_1\"} 20",
            "vrrp_priority_zero_pkts_rcvd_total{interface=\"eth0\",vrid=\"51\",vrrp_instance=\"VI_1\"} 2",
            "vrrp_state{interface=\"eth0\",state=\"BACKUP\",vrid=\"51\",vrrp_instance=\"VI_1\"} 1",
            "vrrp_state{interface=\"eth0\",state=\"MASTER\",vrid=\"51\",vrrp_instance=\"VI_1\"} 0",
            "xvrrpd_last_advert_age_seconds{interface=\"eth0\",vrid=\"51\",vrrp_instance=\"VI_1\"} 0.412",
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
        assert!(text.contains(r#"vrrp_instance="a\"b\\c\nd"}"#), "{text}");
    }

    #[test]
    fn a_daemon_with_nothing_to_say_says_that() {
        let text = text(&nothing());
        assert!(text.contains("vrrp_virtual_routers 0\n"), "{text}");
        assert!(!text.contains("xvrrpd_last_reload"), "{text}");
    }

    #[test]
    fn the_documentation_names_every_metric() {
        let documented = include_str!("../../../../../docs/metrics.md");
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
