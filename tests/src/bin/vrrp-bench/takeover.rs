//! The Active node dies with many addresses, the other takes over, the first comes back, and stops.

use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_tests::condition::pause;
use vrrp_tests::{Moment, Node};

use crate::Extent;
use crate::processor::{self, Machine};
use crate::results::{Figure, Results};
use crate::subject::{ADVERTS_AND_ARP, Subject};
use crate::wire::{Wire, longest_gap, milliseconds};

const QUICK: &[u32] = &[1_000, 5_000];
const FULL: &[u32] = &[1_000, 5_000, 20_000];

/// For what takes the other daemon half a minute.
const PATIENCE: Duration = Duration::from_secs(180);
/// Many intervals after everything is announced; the wiretap is late by as much as two seconds.
const AFTERMATH: Duration = Duration::from_secs(4);

const ANNOUNCED: Figure = Figure::new("first advert to the last address announced", "ms");
const GAP: Figure = Figure::new("longest gap between adverts, takeover", "ms").below(20.0);
const PROCESSOR: Figure = Figure::new("processor time of the daemon, takeover", "s");
const MACHINE: Figure = Figure::new("busy time of the machine, takeover", "s");
const GAP_AT_RETURN: Figure = Figure::new("longest gap between adverts, return", "ms").below(20.0);
const STOPPED: Figure = Figure::new("SIGTERM to the end", "ms");
const LEFT: Figure = Figure::new("addresses left behind", "").below(0.0);

pub(crate) fn measure(subject: &Subject, extent: Extent, results: &mut Results) {
    for count in if extent.is_quick { QUICK } else { FULL } {
        with(subject, *count, results);
    }
}

fn with(subject: &Subject, count: u32, results: &mut Results) {
    let case = format!("{count} addresses");
    let mut add = |figure, value| results.add(subject.daemon, &case, figure, value);
    let lab = subject.lab(ADVERTS_AND_ARP, |priority| configuration(priority, count));
    let mut wire = Wire::of(&lab.second);
    let all = usize::try_from(count).unwrap_or(usize::MAX);
    let complete = |node: &Node, wire: &mut Wire, since| {
        wire.read_until(PATIENCE, |wire| {
            wire.first_announced(node, since).len() > all
        })
    };

    let began = Moment::now();
    lab.r1.start_daemon();
    assert!(
        complete(&lab.r1, &mut wire, began),
        "r1 announces everything"
    );
    lab.r2.start_daemon();
    assert!(
        wire.read_until(PATIENCE, |_| lab.r2.is_backup()),
        "r2 is Backup"
    );
    pause(AFTERMATH);

    let (used, machine) = (processor::of(&lab.r2), Machine::now());
    let killed = Moment::now();
    lab.r1.kill_every_process();
    assert!(
        complete(&lab.r2, &mut wire, killed),
        "r2 announces everything"
    );
    let (now, machine_now) = (processor::of(&lab.r2), Machine::now());
    add(
        PROCESSOR,
        (now.time.saturating_sub(used.time)).as_secs_f64(),
    );
    add(MACHINE, machine_now.busy_since(&machine).as_secs_f64());
    pause(AFTERMATH);
    wire.read();
    let adverts = wire.adverts(&lab.r2, killed);
    let announced = wire.first_announced(&lab.r2, killed);
    if let (Some(first), Some(last)) = (adverts.first(), announced.values().max()) {
        add(ANNOUNCED, milliseconds(last.since(*first)));
    }
    add(GAP, longest_gap(&adverts));

    let returned = Moment::now();
    lab.r1.start_daemon();
    assert!(
        complete(&lab.r1, &mut wire, returned),
        "r1 announces everything again"
    );
    pause(AFTERMATH);
    wire.read();
    let mut adverts = wire.adverts(&lab.r2, returned);
    adverts.extend(wire.adverts(&lab.r1, returned));
    adverts.sort();
    add(GAP_AT_RETURN, longest_gap(&adverts));

    let stops = Moment::now();
    lab.r1
        .machine()
        .output("pkill", &["-TERM", "-o", "keepalived"]);
    while lab.r1.is_running() && Moment::now().since(stops) < PATIENCE {
        pause(Duration::from_millis(1));
    }
    add(STOPPED, milliseconds(Moment::now().since(stops)));
    add(LEFT, left(&lab.r1));
}

fn left(node: &Node) -> f64 {
    let addresses = node
        .machine()
        .run("ip", &["-4", "-oneline", "address", "show", "dev", "eth1"]);
    let routes = node
        .machine()
        .run("ip", &["route", "show", "table", "local", "proto", "112"]);
    let left = addresses
        .lines()
        .filter(|line| line.contains(" 10.64."))
        .count()
        + routes.lines().count();
    u32::try_from(left).map_or(f64::INFINITY, f64::from)
}

/// One instance that speaks every 10 ms and has one address that it advertises, and so many more.
pub(crate) fn configuration(priority: u8, count: u32) -> String {
    let all: String = (0..count)
        .map(|number| format!("        {}\n", address(number)))
        .collect();
    format!(
        "global_defs {{\n    vrrp_version 3\n}}\nvrrp_instance A {{\n    interface eth1\n    virtual_router_id 61\n    \
         priority {priority}\n    advert_int 0.01\n    virtual_ipaddress {{\n        192.168.0.5/24\n    }}\n    \
         virtual_ipaddress_excluded {{\n{all}    }}\n}}\n"
    )
}

pub(crate) fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 64, 0, 0).to_bits() + number)
}
