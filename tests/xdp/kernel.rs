//! The table, asked of the program in the kernel: verdict, counters, blocks, doorbell.

use vrrp_ebpf::abi::Counters;

use crate::bench::{Bench, counted_between};
use crate::case::{Case, assert_none};
use crate::model::timeless;
use crate::table;
use crate::world::ROUTERS;

/// The shortest frame that can have come from an Ethernet. Linux 5.18 and later refuse to try shorter ones.
const SHORTEST: usize = 14;

#[test]
fn the_program_keeps_what_the_table_promises() {
    let mut bench = Bench::new();
    let mut before = bench.counters();
    let mut complaints = Vec::new();
    for case in table::all() {
        if case.frame.len() < SHORTEST && bench.refuses(&case.frame) {
            continue;
        }
        let (said, after) = complaint(&mut bench, &case, before);
        complaints.extend(said.map(|said| format!("{}: {said}", case.name)));
        before = after;
    }
    assert_none(&complaints);
}

fn complaint(bench: &mut Bench, case: &Case, before: Counters) -> (Option<String>, Counters) {
    bench.arrange(case.circumstances);
    let (done, _, ring) = bench.give_both(&case.frame);
    let after = bench.counters();
    let counted = counted_between(before, after);
    let said = if done.action != case.outcome.action() {
        Some(format!("{:?}", done.action))
    } else if counted != case.outcome.counted() {
        Some(format!("counts {counted:?}"))
    } else if done.rings != Vec::from_iter(ring) {
        Some(format!("rings {:?}, not {ring:?}", done.rings))
    } else {
        (0..ROUTERS).find_map(|slot| wrong_block(bench, slot))
    };
    (said, after)
}

fn wrong_block(bench: &Bench, slot: u32) -> Option<String> {
    let (block, expected) = (timeless(bench.block(slot)), bench.model.block(slot));
    (block != expected).then(|| format!("block {slot} is\n{block:?}, not\n{expected:?}"))
}
