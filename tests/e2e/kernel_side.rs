//! What only shows when the kernel's side is pushed: rings that are too small, lines of the program, recordings.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{Calm, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Node, Plan, eventually, never};

/// The daemon with rings of one page, the smallest there are.
const TINY_RINGS: &[&str] = &["sh", "-c", "exec \"$@\" --ring-bytes 4096", "sh"];

/// Longer than the Active_Down_Interval of either node.
const NAP: Duration = Duration::from_secs(5);

#[test]
fn with_rings_too_small_for_a_flood_no_takeover_happens() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_launcher_on_r1(TINY_RINGS));
    elect_r2(&lab);
    let calm = Calm::now(&lab);

    let flood = lab.host.begin_to_send("eth0", &forgeries(2_000, 500));
    never(NAP, "a role changes during the flood", || !calm.lasts());
    flood.finish();
}

#[test]
fn a_sleeper_with_full_rings_does_not_take_over_and_the_program_says_what_was_lost() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_launcher_on_r1(TINY_RINGS));
    elect_r2(&lab);
    let calm = Calm::now(&lab);

    lab.r1.signal(Signal::STOP);
    lab.host.send("eth0", &forgeries(2_000, 500));
    assert!(lab.r1.counter("alert_lost") > 0, "the ring was never full");
    lab.r1.signal(Signal::CONT);

    eventually("r1 logs the program's line", || {
        lab.r1.said(&["alert ring full"])
    });
    never(NAP, "a role changes afterwards", || !calm.lasts());
}

#[test]
fn an_advert_for_a_router_whose_block_is_missing_is_in_the_log() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    elect_r2(&lab);

    lose_block(&lab.r1);

    eventually("r1 logs the program's line", || {
        lab.r1.said(&["no block for slot"])
    });
    assert!(lab.r1.counter("block_missing") > 0);
}

#[test]
fn a_recording_of_a_failover_played_back_gives_the_same_actions() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab.r1.stop_daemon();
    eventually("r2 takes over", || lab.r2.is_active());

    lab.r2.signal(Signal::USR1);
    eventually("r2 wrote a recording", || {
        lab.r2
            .said(&["recording written to", "/run/keepalived.recording.json"])
    });
    let replayed = lab.r2.machine().run(
        "/usr/sbin/keepalived",
        &["replay", "/run/keepalived.recording.json"],
    );
    assert!(replayed.contains("give the same actions"), "{replayed}");
    assert!(replayed.contains("Active"), "{replayed}");
}

/// r2 is Active although r1 is the better one: `nopreempt`.
#[track_caller]
fn elect_r2(lab: &Lab) {
    lab.start_alone(&lab.r2);
    lab.r1.start_daemon();
    eventually("r1 is Backup and has heard r2", || {
        lab.r1.is_backup() && lab.r1.said(&["master set to"])
    });
}

/// Adverts with one thing wrong each, so that every reason has alerts of its own.
fn forgeries(count: u32, per_second: u32) -> Volley {
    let forged = || Forged::advertisement(STRANGER_ADDRESS);
    Volley {
        frames: vec![
            forged().password(*b"wrong\0\0\0").frame(),
            forged().ttl(64).frame(),
            forged().bad_checksum().frame(),
            forged().interval(7).frame(),
        ],
        count,
        per_second,
    }
}

/// Points the router's entry at a block that does not exist, as a careless hand with `bpftool` might.
#[track_caller]
fn lose_block(node: &Node) {
    /// Port 0, IPv4, VRID 89, multicast, as bytes.
    const KEY: [&str; 8] = ["0", "0", "4", "89", "224", "0", "0", "18"];
    const NO_SLOT: [&str; 4] = ["0xff", "0xff", "0", "0"];
    let id = node
        .map("ROUTERS")
        .expect("the program has routers")
        .to_string();
    let lookup = [&["--json", "map", "lookup", "id", &id, "key"], &KEY[..]].concat();
    let found: Value = serde_json::from_str(&node.bpftool(&lookup)).expect("bpftool prints JSON");
    let bytes = found
        .get("value")
        .and_then(Value::as_array)
        .expect("the router has an entry");
    let rest = bytes.iter().skip(NO_SLOT.len()).filter_map(Value::as_str);
    let value: Vec<&str> = NO_SLOT.into_iter().chain(rest).collect();
    let update = [
        &["map", "update", "id", &id, "key"],
        &KEY[..],
        &["value"],
        &value[..],
    ]
    .concat();
    assert_eq!(node.bpftool(&update), "");
}
