//! Start, reload and memory with many addresses.

use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::condition::pause;
use vrrp_tests::{Moment, Node};

use crate::Extent;
use crate::processor;
use crate::results::{Figure, Results};
use crate::subject::{ADVERTS_AND_ARP, Subject};
use crate::takeover::configuration;
use crate::wire::{Wire, longest_gap, milliseconds};

const QUICK: u32 = 5_000;
const FULL: u32 = 20_000;
const PATIENCE: Duration = Duration::from_secs(180);
/// Longer than anybody is silent at a reload.
const AFTERMATH: Duration = Duration::from_secs(6);

const STARTED: Figure = Figure::new("start to the first state", "ms").below(500.0);
const MEMORY: Figure = Figure::new("peak memory of all processes", "MiB");
const UNCHANGED: Figure =
    Figure::new("longest gap between adverts, unchanged reload", "ms").below(20.0);
const ONE_MORE: Figure =
    Figure::new("longest gap between adverts, reload with one more", "ms").below(20.0);
const ANNOUNCED: Figure = Figure::new("announcements at that reload", "");

pub(crate) fn measure(subject: &Subject, extent: Extent, results: &mut Results) {
    let count = if extent.is_quick { QUICK } else { FULL };
    let case = format!("{count} addresses, start and reload");
    let mut add = |figure, value| results.add(subject.daemon, &case, figure, value);
    let lab = subject.lab(ADVERTS_AND_ARP, |priority| configuration(priority, count));
    let mut wire = Wire::of(&lab.second);
    let began = Moment::now();
    lab.r1.start_daemon();
    // Its log has the moment to the second at best, so the log is looked at all the time.
    while lab.r1.transitions().is_empty() && Moment::now().since(began) < PATIENCE {
        pause(Duration::from_millis(1));
    }
    add(STARTED, milliseconds(Moment::now().since(began)));
    let all = usize::try_from(count).unwrap_or(usize::MAX);
    assert!(
        wire.read_until(PATIENCE, |wire| wire.first_announced(&lab.r1, began).len()
            > all),
        "r1 announces everything"
    );
    // The second round of announcements comes after five seconds, and takes its time.
    wait_for_calm(&mut wire, &lab.r1);

    add(UNCHANGED, gap_at_reload(&mut wire, &lab.r1).0);
    wait_for_calm(&mut wire, &lab.r1);
    lab.r1.write_config(&configuration(101, count + 1));
    let (gap, announcements) = gap_at_reload(&mut wire, &lab.r1);
    add(ONE_MORE, gap);
    add(ANNOUNCED, announcements);
    add(MEMORY, processor::peak_memory(&lab.r1));
}

/// Until nothing has been announced for longer than the pause between two rounds.
fn wait_for_calm(wire: &mut Wire, node: &Node) {
    loop {
        let since = Moment::now();
        pause(Duration::from_secs(6));
        wire.read();
        if wire.announcements(node, since) == 0 {
            return;
        }
    }
}

fn gap_at_reload(wire: &mut Wire, node: &Node) -> (f64, f64) {
    let reloads = Moment::now();
    node.signal(Signal::HUP);
    pause(AFTERMATH);
    wire.read();
    let announcements = wire.announcements(node, reloads);
    let announcements = u32::try_from(announcements).map_or(f64::INFINITY, f64::from);
    (longest_gap(&wire.adverts(node, reloads)), announcements)
}
