//! 255 virtual routers on one link, each of which speaks every 10 ms: what listening costs, and what speaking does.

use std::time::Duration;

use vrrp_tests::condition::pause;
use vrrp_tests::{Lab, Moment, Node};

use crate::Extent;
use crate::processor;
use crate::results::{Figure, Results};
use crate::subject::{NOTHING, Subject};

const ALL: u32 = 255;
const PATIENCE: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(10);

const SPEAKING: Figure = Figure::new("processor of the Active daemon", "%").below(12.0);
const LISTENING: Figure = Figure::new("processor of the Backup daemon", "%").below(2.0);
const WOKEN: Figure = Figure::new("Backup given a processor", "/s");
const LISTENING_DROP: Figure = Figure::new(
    "processor of the Backup daemon, valid adverts dropped in XDP",
    "%",
)
.below(1.0);
const WOKEN_DROP: Figure = Figure::new(
    "Backup given a processor, valid adverts dropped in XDP",
    "/s",
)
.below(100.0);

pub(crate) fn measure(subject: &Subject, _: Extent, results: &mut Results) {
    let case = "255 routers at 10 ms";
    let mut add = |figure, value| results.add(subject.daemon, case, figure, value);
    let lab = elected(subject, "");
    let (r1, r2) = rates(&lab);
    add(SPEAKING, r1.0);
    add(LISTENING, r2.0);
    add(WOKEN, r2.1);
    if subject.is_ours() {
        drop(lab);
        let lab = elected(subject, "    @xvrrpd xdp_valid_adverts drop\n");
        let (_, r2) = rates(&lab);
        add(LISTENING_DROP, r2.0);
        add(WOKEN_DROP, r2.1);
    }
}

fn elected(subject: &Subject, global: &str) -> Lab {
    let lab = subject.lab(NOTHING, |priority| configuration(priority, global));
    let is_all = |node: &Node, role: &str| {
        let log = node.log();
        (1..=ALL).all(|vrid| log.contains(&format!("(V{vrid}) Entering {role} STATE")))
    };
    lab.r1.start_daemon();
    vrrp_tests::within(PATIENCE, "r1 is Active everywhere", || {
        is_all(&lab.r1, "MASTER")
    });
    lab.r2.start_daemon();
    vrrp_tests::within(PATIENCE, "r2 is Backup everywhere", || {
        is_all(&lab.r2, "BACKUP")
    });
    // The second round of announcements is five seconds after the first.
    pause(Duration::from_secs(7));
    lab
}

/// Percent of a processor, and how often a second it was given one, of each node.
fn rates(lab: &Lab) -> ((f64, f64), (f64, f64)) {
    let (began, before) = (Moment::now(), [&lab.r1, &lab.r2].map(processor::of));
    pause(WINDOW);
    let (after, passed) = (
        [&lab.r1, &lab.r2].map(processor::of),
        Moment::now().since(began),
    );
    let [r1, r2] = [0, 1].map(|node: usize| {
        let used = after[node].time.saturating_sub(before[node].time);
        let switches = after[node].switches - before[node].switches;
        let switches = u32::try_from(switches).map_or(f64::INFINITY, f64::from);
        let seconds = passed.as_secs_f64();
        (100.0 * used.as_secs_f64() / seconds, switches / seconds)
    });
    (r1, r2)
}

fn configuration(priority: u8, global: &str) -> String {
    let instances: String = (1..=ALL)
        .map(|vrid| {
            format!(
                "vrrp_instance V{vrid} {{\n    interface eth0\n    virtual_router_id {vrid}\n    priority {priority}\n    \
                 advert_int 0.01\n    virtual_ipaddress {{\n        10.99.0.{vrid}/32 dev eth1\n    }}\n}}\n"
            )
        })
        .collect();
    format!("global_defs {{\n    vrrp_version 3\n{global}}}\n{instances}")
}
