//! The two builds of the judge, on frames that nobody thought of.

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher as _, Hasher as _};

use vrrp_ebpf::abi::Reason;

use crate::bench::{Bench, counted_between};
use crate::case::Outcome;
use crate::model::timeless;
use crate::mutation::{Dice, mutate};
use crate::table;
use crate::world::{ACTIVE, BACKUP, Circumstances, ROUTERS, World};

/// Frames in a run, if nobody says otherwise.
const FRAMES: usize = 200_000;
/// Says otherwise, where a processor is imitated and each frame costs a millisecond.
const FEWER: &str = "XDP_FRAMES";
/// Frames between two looks at blocks and counters.
const STRETCH: usize = 2_000;
/// Repeats a run that failed.
const SEED: &str = "XDP_SEED";

#[test]
fn the_program_and_the_judge_agree_on_mutated_frames() {
    let seed = env::var(SEED).map_or_else(|_| random(), |seed| seed.parse().expect("a number"));
    let frames = env::var(FEWER).map_or(FRAMES, |frames| frames.parse().expect("a number"));
    assert!(frames >= STRETCH, "{FEWER} is at least {STRETCH}");
    let mut dice = Dice::new(seed);
    let mut bench = Bench::new();
    let originals: Vec<_> = table::all().into_iter().map(|case| case.frame).collect();
    let choices = [BACKUP, ACTIVE, BACKUP.untrusted(), BACKUP, BACKUP];
    for stretch in 0..frames / STRETCH {
        let circumstances = choices[stretch % choices.len()];
        if let Err(what) = agree(&mut bench, &mut dice, &originals, circumstances) {
            panic!("stretch {stretch} of the run with {SEED}={seed}: {what}");
        }
    }
}

fn agree(
    bench: &mut Bench,
    dice: &mut Dice,
    frames: &[Vec<u8>],
    circumstances: Circumstances,
) -> Result<(), String> {
    bench.arrange(circumstances);
    let world = World::new(circumstances);
    let before = bench.counters();
    let mut expected = [0_u64; Reason::ALL.len()];
    for _ in 0..STRETCH {
        let mut frame = frames[dice.below(frames.len())].clone();
        mutate(&mut frame, dice);
        frame.resize(frame.len().max(14), 0);
        let (done, verdict, ring) = bench.give_both(&frame);
        let outcome = Outcome::of(&verdict, &world);
        if done.action != outcome.action() || done.rings != Vec::from_iter(ring) {
            return Err(format!("{done:?} of {frame:02x?}, which is {verdict:?}"));
        }
        outcome
            .counted()
            .iter()
            .for_each(|reason| expected[*reason as usize] += 1);
        if let Some(ring) = ring.filter(|_| dice.below(4) == 0) {
            bench.acknowledge(ring.slot, ring.bell);
        }
    }
    let mut counted = [0; Reason::ALL.len()];
    let after = bench.counters();
    counted_between(before, after)
        .iter()
        .for_each(|reason| counted[*reason as usize] += 1);
    if counted != expected {
        return Err(format!("counted {counted:?}, not {expected:?}"));
    }
    (0..ROUTERS)
        .find(|slot| timeless(bench.block(*slot)) != bench.model.block(*slot))
        .map_or(Ok(()), |slot| Err(format!("block {slot} differs")))
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
