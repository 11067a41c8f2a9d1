//! What the program copies for whoever captures: as much as was asked for, of every frame of the table.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use vrrp_ebpf::abi::{
    CAPTURE_ACCEPTED, CAPTURE_BYTES, CAPTURE_NOTHING, CAPTURE_REJECTED, CAPTURE_SNAP,
    CapturedFrame, Reason,
};
use vrrp_ebpf::verdict::Verdict;
use vrrp_tests::forge::Forged;
use vrrp_userspace::system::datapath::{Action, Capture};

use crate::bench::Bench;
use crate::table;
use crate::world::{PEER, PORT};

/// What the kernel refuses as too short to have come from an Ethernet.
const SHORTEST: usize = 14;
/// Cases that the ring has room for.
const AT_ONCE: usize = 1000;
/// After this much silence nothing more is in the ring.
const SILENCE: Duration = Duration::from_millis(200);

#[test]
fn nobody_who_captures_nothing_is_copied_for() {
    assert_eq!(captured(CAPTURE_NOTHING).0.len(), 0);
}

#[test]
fn what_is_rejected_is_copied_whole_with_its_reason() {
    let (captured, expected) = captured(CAPTURE_REJECTED);
    assert!(captured.len() > 50, "the table rejects many frames");
    assert!(captured.iter().all(|frame| frame.reason != "accepted"));
    are_the_same(&captured, &expected);
}

#[test]
fn what_is_accepted_is_copied_for_whoever_asks_for_it() {
    let (captured, expected) = captured(CAPTURE_ACCEPTED);
    assert!(captured.iter().any(|frame| frame.reason == "accepted"));
    are_the_same(&captured, &expected);
}

/// At every length there is: the copy is checked byte by byte.
#[test]
fn a_frame_is_copied_to_its_end_or_to_the_snap_length() {
    let (mut bench, runtime) = (Bench::new(), runtime());
    let mut capture = start(&mut bench, &runtime, CAPTURE_REJECTED);
    let frames: Vec<_> = (0..300)
        .map(|padding| rejected().padding(padding).frame())
        .collect();
    for frame in &frames {
        assert_eq!(bench.give(frame).action, Action::Drop);
    }
    let captured = all(&runtime, &mut capture);
    assert_eq!(captured.len(), frames.len());
    for (frame, captured) in frames.iter().zip(&captured) {
        let expected = &frame[..frame.len().min(CAPTURE_SNAP)];
        assert_eq!(bytes(captured), expected);
    }
    assert!(captured.is_sorted_by_key(|frame| frame.time_ns));
}

#[test]
fn what_the_ring_has_no_room_for_is_counted_and_forgotten_with_the_rest() {
    let (mut bench, runtime) = (Bench::new(), runtime());
    let mut capture = start(&mut bench, &runtime, CAPTURE_REJECTED);
    let room = CAPTURE_BYTES / size_of::<CapturedFrame>();
    for _ in 0..2 * room {
        assert_eq!(bench.give(&rejected().frame()).action, Action::Drop);
    }
    let lost = capture.losses().expect("it is counted");
    let captured = all(&runtime, &mut capture);
    assert_eq!(captured.len() + usize::try_from(lost).unwrap(), 2 * room);
    assert!(captured.len() > room / 2, "{}", captured.len());

    bench.give(&rejected().frame());
    capture.set_level(CAPTURE_NOTHING).expect("it is switched");
    bench.give(&rejected().frame());
    assert_eq!(all(&runtime, &mut capture).len(), 0);
}

fn are_the_same(captured: &[Seen], expected: &[Seen]) {
    for (captured, expected) in captured.iter().zip(expected) {
        assert_eq!(captured, expected);
    }
    assert_eq!(captured.len(), expected.len());
}

fn rejected() -> Forged {
    Forged::advertisement(PEER).ttl(254)
}

/// A captured frame in comparable form.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    reason: &'static str,
    is_dropped: bool,
    bytes: Vec<u8>,
}

/// What is captured of the whole table, and what should be.
fn captured(level: u32) -> (Vec<Seen>, Vec<Seen>) {
    let (mut bench, runtime) = (Bench::new(), runtime());
    let mut capture = start(&mut bench, &runtime, level);
    let (mut seen_so_far, mut expected) = (Vec::new(), Vec::new());
    for (number, case) in table::all().into_iter().enumerate() {
        if number % AT_ONCE == 0 {
            seen_so_far.extend(all(&runtime, &mut capture).iter().map(seen));
        }
        if case.frame.len() < SHORTEST {
            continue;
        }
        bench.arrange(case.circumstances);
        let verdict = bench.native(&case.frame);
        let is_dropped = bench.give(&case.frame).action == Action::Drop;
        let (of, reason) = match verdict {
            Verdict::Ignore | Verdict::Pass(_) => continue,
            Verdict::Reject { reason, .. } => (CAPTURE_REJECTED, reason),
            Verdict::Claim(claim) => (CAPTURE_REJECTED, claim.reason()),
            Verdict::Accept(_) => (CAPTURE_ACCEPTED, Reason::Accepted),
        };
        if of <= level {
            expected.push(Seen {
                reason: reason.name(),
                is_dropped,
                bytes: case.frame[..case.frame.len().min(CAPTURE_SNAP)].to_vec(),
            });
        }
    }
    seen_so_far.extend(all(&runtime, &mut capture).iter().map(seen));
    (seen_so_far, expected)
}

fn seen(frame: &CapturedFrame) -> Seen {
    assert_eq!(frame.port, PORT);
    Seen {
        reason: Reason::ALL[usize::from(frame.reason)].name(),
        is_dropped: frame.is_dropped(),
        bytes: bytes(frame).to_vec(),
    }
}

fn bytes(frame: &CapturedFrame) -> &[u8] {
    &frame.bytes[..usize::from(frame.length)]
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("there are descriptors")
}

fn start(bench: &mut Bench, runtime: &Runtime, level: u32) -> Capture {
    let mut capture = runtime.block_on(async { bench.capture() });
    capture.set_level(level).expect("it is switched");
    capture
}

/// Everything in the ring.
fn all(runtime: &Runtime, capture: &mut Capture) -> Vec<CapturedFrame> {
    let mut frames = Vec::new();
    runtime.block_on(async {
        while let Ok(some) = timeout(SILENCE, capture.next_frames(64)).await {
            frames.extend(some.expect("the ring is there"));
        }
    });
    frames
}
