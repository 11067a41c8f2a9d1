//! Pages as an operator would read them.

use std::net::IpAddr;

use expect_test::expect;
use jiff::{Timestamp, tz::TimeZone};

use super::{only, page};
use crate::daemon::status::{
    ActiveRouter, Addresses, Adverts, Counters, Instance, Interface, Metrics, Priority, Program,
    ProgramMap, Reload, Script, Status, Wakeups, Xdp,
};

#[test]
fn a_calm_backup_fits_on_a_screen() {
    let page = text(&backup());
    expect![[r#"
        xvrrpd 0.1.0, process 1234, running for 2 h 20 min
          configuration  /etc/keepalived/keepalived.conf
          guard          process 1235, cleans up if the daemon dies
          wake-ups       8400, none more than 3.9 ms late; the latest by 0.2 ms,
                         2026-11-26 01:02:03
          last reload    none since the start

        HA_V1: BACKUP for 10 min 0 s, since 2026-11-26 02:10:00
          because        10.89.0.1 advertises priority 101, ours is 100
          priority       100, as configured
          scripts        chk_haproxy is up (a fault if it fails)
          MASTER         10.89.0.1 with priority 101; last advert 0.412 s ago; one is
                         due every 1 s
          addresses      0 of 2 are here
                         192.168.0.5/32 on eth0, 192.168.0.6/32 on eth1
          adverts        20 sent, 1 of them with priority 0; 598 accepted; 0 rejected
                         since the last accepted
          on             eth0, VRID 213, VRRP version 2; has become MASTER 1 time

        eth0: up
          XDP            native, in the driver; judges adverts and claims by ARP
          raw socket     judges what the program leaves to it: IP options, fragments,
                         many addresses
          counters       by the program / on the raw socket
                 598 / 0      accepted: adverts for our routers that passed every check
                 800 / 0      authentication_failure: received an invalid passwd;
                              another cluster on this VRID?

        eth1: up
          XDP            native, in the driver; judges adverts and claims by ARP
          adverts        none here; it only holds addresses
          counters       nothing yet

        XDP program 44, and how to look into it
            bpftool prog show id 44      # the program
            bpftool link show id 12      # its place on eth0
            bpftool link show id 13      # its place on eth1
            bpftool map dump id 101      # BLOCKS: per instance, the last adverts
            bpftool map dump id 102      # COUNTERS: per interface, by reason
    "#]]
    .assert_eq(&page);
}

#[test]
fn a_master_in_trouble_says_what_is_wrong_and_what_it_means() {
    let mut status = backup();
    status.guard_pid = None;
    status.wakeups.late = 3;
    status.wakeups.worst_us = 1_204_000;
    status.wakeups.worst_at = Some(at("2026-11-26T02:19:30Z"));
    status.last_reload = Some(Reload {
        at: at("2026-11-26T02:15:00Z"),
        is_done: false,
        lines: vec![
            "/etc/keepalived/keepalived.conf:7:5: error: unknown keyword `virtual_ruoter_id`; this \
             line is longer than the page"
                .into(),
        ],
    });
    status.metrics = Some(Metrics {
        address: "127.0.0.1:9650".into(),
        problem: Some(
            "nothing can listen at 127.0.0.1:9650: Address already in use (os error 98); the next \
             reload tries again"
                .into(),
        ),
    });
    let one = &mut status.instances[0];
    one.state = "MASTER".into();
    one.because = Some("no advert in 3.609 s; 12 rejected; 0 saved by the map".into());
    one.priority = Priority {
        effective: 1,
        configured: 100,
        scripts: vec![
            script("chk_haproxy", Some(false), -60, -60),
            script("chk_disk", Some(false), -50, -50),
            script("chk_new", None, 10, 0),
        ],
    };
    one.active_router = Some(ActiveRouter {
        address: IpAddr::from([10, 89, 0, 2]),
        priority: Some(1),
        last_advert_age_ms: Some(4_200),
        is_this_router: true,
    });
    one.addresses.held = Some(1);
    one.addresses.missing = vec!["192.168.0.6/32 on eth1".into()];
    one.adverts.cannot_be_sent = true;
    let eth0 = &mut status.interfaces[0];
    eth0.xdp.mode = "none".into();
    eth0.xdp.why = Some(
        "another XDP program is attached to eth0; it is left alone; it will be tried again".into(),
    );
    eth0.xdp.command = None;
    eth0.raw_path = "everything".into();
    eth0.counters.raw.insert("ip_ttl".into(), 7);
    eth0.counters.raw_lost = 2;
    status.interfaces.truncate(1);
    status.program = None;
    expect![[r#"
        xvrrpd 0.1.0, process 1234, running for 2 h 20 min
          configuration  /etc/keepalived/keepalived.conf
          guard          none at the moment: no script runs, and a crash would leave the
                         addresses
          wake-ups       3 of 8400 more than 3.9 ms late; the latest by 1204.0 ms,
                         2026-11-26 02:19:30
          last reload    refused 2026-11-26 02:15:00 (5 min 0 s ago); the running
                         configuration stays:
            /etc/keepalived/keepalived.conf:7:5: error: unknown keyword
              `virtual_ruoter_id`; this line is longer than the page
          metrics        nothing can listen at 127.0.0.1:9650: Address already in use
                         (os error 98); the next reload tries again

        HA_V1: MASTER for 10 min 0 s, since 2026-11-26 02:10:00
          because        no advert in 3.609 s; 12 rejected; 0 saved by the map
          priority       1 = 100 - 60 - 50 (kept within 1 to 254)
          scripts        chk_haproxy is down (weight -60)
                         chk_disk is down (weight -50)
                         chk_new has not reported yet (weight 10)
          MASTER         this node, 10.89.0.2; last advert 4.200 s ago; one is due every
                         1 s
          addresses      1 of 2 are here; missing: 192.168.0.6/32 on eth1
                         192.168.0.5/32 on eth0, 192.168.0.6/32 on eth1
          adverts        20 sent, 1 of them with priority 0; 598 accepted; 0 rejected
                         since the last accepted; the last one could not be sent
          on             eth0, VRID 213, VRRP version 2; has become MASTER 1 time

        eth0: up
          XDP            not here: another XDP program is attached to eth0; it is left
                         alone; it will be tried again
          raw socket     judges every advert
          counters       by the program / on the raw socket
                 598 / 0      accepted: adverts for our routers that passed every check
                   0 / 7      ip_ttl: its TTL is below 255, or below its `min_ttl`: it
                              was forwarded by a router
                 800 / 0      authentication_failure: received an invalid passwd;
                              another cluster on this VRID?
                     / 2      lost: the raw socket had no room for them
    "#]]
    .assert_eq(&text(&status));
}

#[test]
fn what_takes_no_part_says_what_it_waits_for() {
    let mut status = backup();
    let one = &mut status.instances[0];
    one.state = "INIT".into();
    one.because = None;
    one.active_router = None;
    one.faults = vec!["script chk has not reported yet".into()];
    one.addresses.left_over = vec!["192.168.0.5/32 on eth0".into()];
    one.addresses.held = Some(1);
    status.interfaces.clear();
    status.program = None;
    expect![[r#"
        xvrrpd 0.1.0, process 1234, running for 2 h 20 min
          configuration  /etc/keepalived/keepalived.conf
          guard          process 1235, cleans up if the daemon dies
          wake-ups       8400, none more than 3.9 ms late; the latest by 0.2 ms,
                         2026-11-26 01:02:03
          last reload    none since the start

        HA_V1: INIT for 10 min 0 s, since 2026-11-26 02:10:00
          because        it has just begun
          wrong now      script chk has not reported yet
          priority       100, as configured
          scripts        chk_haproxy is up (a fault if it fails)
          MASTER         not known: it takes no part, and does not listen
          addresses      1 of 2 are here; here without being MASTER: 192.168.0.5/32 on
                         eth0
                         192.168.0.5/32 on eth0, 192.168.0.6/32 on eth1
          adverts        20 sent, 1 of them with priority 0; 598 accepted; 0 rejected
                         since the last accepted
          on             eth0, VRID 213, VRRP version 2; has become MASTER 1 time
    "#]]
    .assert_eq(&text(&status));
}

#[test]
fn no_row_of_text_is_wider_than_the_page() {
    for columns in [60, 72, 80] {
        let page = page(&backup(), &TimeZone::UTC, columns);
        for line in page.to_text(false).lines() {
            let is_command = line.contains("bpftool");
            assert!(is_command || line.chars().count() <= columns, "{line}");
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let page = page(&backup(), &TimeZone::UTC, 80);
    let mut coloured = page.to_text(true);
    assert!(coloured.contains("\u{1b}[1mHA_V1\u{1b}[0m"), "{coloured}");
    for escape in [
        "\u{1b}[0m",
        "\u{1b}[1m",
        "\u{1b}[90m",
        "\u{1b}[32m",
        "\u{1b}[33m",
    ] {
        coloured = coloured.replace(escape, "");
    }
    let plain = page.to_text(false);
    let bare: Vec<_> = coloured.lines().map(str::trim_end).collect();
    assert_eq!(bare, plain.lines().collect::<Vec<_>>());
}

#[test]
fn what_the_daemon_says_is_not_trusted_with_the_terminal() {
    let mut status = backup();
    status.instances[0].because = Some("\u{1b}]0;title\u{7}".into());
    assert!(!text(&status).contains('\u{1b}'));
}

#[test]
fn one_instance_may_be_asked_for_and_must_exist() {
    let mut status = backup();
    let mut other = status.instances[0].clone();
    other.name = "OTHER".into();
    status.instances.push(other);
    let alone = only(status.clone(), Some("OTHER")).unwrap();
    assert_eq!((alone.instances.len(), alone.interfaces.len()), (1, 1));
    let refused = only(status, Some("NOBODY")).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the daemon has no instance NOBODY; it has HA_V1, OTHER"
    );
}

/// The names of the fields are a promise.
#[test]
fn the_json_reads_as_documented() {
    let documented = include_str!("../../../../docs/status.md");
    let json = serde_json::to_value(backup()).unwrap();
    let mut names = Vec::new();
    collect_names(&json, &mut names);
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "{name}");
    }
}

fn collect_names(json: &serde_json::Value, names: &mut Vec<String>) {
    if let Some(object) = json.as_object() {
        for (name, value) in object {
            // Reasons have a table of their own.
            if name != "program" && name != "raw" || value["id"].is_u64() {
                collect_names(value, names);
            }
            names.push(name.clone());
        }
    }
    for value in json.as_array().into_iter().flatten() {
        collect_names(value, names);
    }
}

pub(super) fn text(status: &Status) -> String {
    page(status, &TimeZone::UTC, 80).to_text(false)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn script(name: &str, is_up: Option<bool>, weight: i16, adds: i16) -> Script {
    Script {
        name: name.into(),
        is_up,
        weight,
        reverse: false,
        adds,
        is_fault: false,
    }
}

/// A Backup as the seeds make one.
pub(super) fn backup() -> Status {
    Status {
        version: "0.1.0".into(),
        pid: 1234,
        pid_file: "/run/keepalived.pid".into(),
        configuration: "/etc/keepalived/keepalived.conf".into(),
        at: at("2026-11-26T02:20:00Z"),
        started: at("2026-11-26T00:00:00Z"),
        uptime_seconds: 8_400,
        guard_pid: Some(1235),
        instances: vec![instance()],
        interfaces: vec![interface("eth0", true, 12), interface("eth1", false, 13)],
        program: Some(program()),
        leaving_addresses: 0,
        wakeups: Wakeups {
            total: 8_400,
            late: 0,
            late_after_us: 3_900,
            worst_us: 210,
            worst_at: Some(at("2026-11-26T01:02:03Z")),
        },
        last_reload: None,
        metrics: None,
    }
}

fn instance() -> Instance {
    let addresses = ["192.168.0.5/32 on eth0", "192.168.0.6/32 on eth1"];
    Instance {
        name: "HA_V1".into(),
        interface: "eth0".into(),
        vrid: 213,
        version: 2,
        virtual_macs: Vec::new(),
        adverts_from_mac: None,
        sync_group: None,
        state: "BACKUP".into(),
        since: at("2026-11-26T02:10:00Z"),
        because: Some("10.89.0.1 advertises priority 101, ours is 100".into()),
        faults: Vec::new(),
        priority: Priority {
            effective: 100,
            configured: 100,
            scripts: vec![script("chk_haproxy", Some(true), 0, 0)],
        },
        advert_interval_ms: 1_000,
        active_router: Some(ActiveRouter {
            address: IpAddr::from([10, 89, 0, 1]),
            priority: Some(101),
            last_advert_age_ms: Some(412),
            is_this_router: false,
        }),
        adverts: Adverts {
            sent: 20,
            releases_sent: 1,
            releases_accepted: 2,
            lists_differed: 0,
            cannot_be_sent: false,
            accepted: 598,
            rejected_since_accepted: 0,
            saved_by_map: 0,
        },
        addresses: Addresses {
            configured: 2,
            excluded: 0,
            routes: 0,
            held: Some(0),
            list: addresses.map(Into::into).into(),
            missing: Vec::new(),
            left_over: Vec::new(),
        },
        joined: at("2026-11-26T00:00:00Z"),
        became_master: 1,
    }
}

fn interface(name: &str, carries_adverts: bool, link: u32) -> Interface {
    let mut program = std::collections::BTreeMap::new();
    if carries_adverts {
        program.insert("accepted".into(), 598);
        program.insert("authentication_failure".into(), 800);
    }
    Interface {
        name: name.into(),
        index: Some(link),
        is_up: true,
        carries_adverts,
        xdp: Xdp {
            mode: "native".into(),
            configured: "auto".into(),
            why: None,
            is_final: true,
            link_id: Some(link),
            command: Some(format!("bpftool link show id {link}")),
        },
        raw_path: "undecided".into(),
        counters: Counters {
            program,
            raw: std::collections::BTreeMap::new(),
            raw_lost: 0,
        },
    }
}

fn program() -> Program {
    let map = |name: &str, id| ProgramMap {
        name: name.into(),
        id,
        command: format!("bpftool map dump id {id}"),
    };
    Program {
        id: 44,
        command: "bpftool prog show id 44".into(),
        maps: vec![map("BLOCKS", 101), map("COUNTERS", 102)],
    }
}
