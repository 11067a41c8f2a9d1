//! A stranger on the link: what is wrong about his adverts changes nothing, however many there are.

use std::fs;
use std::time::Duration;

use vrrp_tests::condition::pause;
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::node::RoleName;
use vrrp_tests::{Lab, Moment, Node};

use crate::Extent;
use crate::processor;
use crate::results::{Figure, Results};
use crate::subject::{ADVERTS_OF_R1, Subject};
use crate::wire::Wire;

const PATIENCE: Duration = Duration::from_secs(30);

const MISSED: Figure = Figure::new("adverts that the Active did not send", "%").below(1.0);
const TAKEOVERS: Figure = Figure::new("takeovers", "").below(0.0);
const PROCESSOR: Figure = Figure::new("processor of the Active daemon", "%");
const LOG: Figure = Figure::new("lines in both logs", "").below(10.0);
const RATE: Figure = Figure::new("forged adverts that were sent", "/s");

/// One attack.
struct Attack {
    name: &'static str,
    /// In milliseconds.
    interval: u32,
    version: u8,
    per_second: u32,
    seconds: u32,
    frames: fn() -> Vec<Vec<u8>>,
}

const ATTACKS: &[Attack] = &[
    Attack {
        name: "2 wrong passwords a second at 1 s",
        interval: 1000,
        version: 2,
        per_second: 2,
        seconds: 20,
        frames: || vec![forged().password(*b"wrong\0\0\0").frame()],
    },
    Attack {
        name: "105 wrong TTLs a second at 10 ms",
        interval: 10,
        version: 3,
        per_second: 105,
        seconds: 5,
        frames: || vec![version_3().ttl(64).frame()],
    },
    Attack {
        name: "a flood of wrong checksums at 10 ms",
        interval: 10,
        version: 3,
        per_second: 300_000,
        seconds: 5,
        frames: || vec![version_3().bad_checksum().frame()],
    },
    Attack {
        name: "a flood of foreign VRIDs at 10 ms",
        interval: 10,
        version: 3,
        per_second: 300_000,
        seconds: 5,
        frames: || {
            (100..200)
                .map(|vrid| version_3().vrid(vrid).frame())
                .collect()
        },
    },
];

fn forged() -> Forged {
    Forged::advertisement(STRANGER)
}

fn version_3() -> Forged {
    Forged::version_3(STRANGER).centiseconds(1)
}

const STRANGER: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 89, 0, 66);

pub(crate) fn measure(subject: &Subject, extent: Extent, results: &mut Results) {
    for attack in ATTACKS {
        if extent.is_quick && attack.seconds > 5 {
            continue;
        }
        endure(subject, attack, results);
    }
}

fn endure(subject: &Subject, attack: &Attack, results: &mut Results) {
    let mut add = |figure, value| results.add(subject.daemon, attack.name, figure, value);
    let lab = subject.lab(ADVERTS_OF_R1, |priority| configuration(attack, priority));
    let mut wire = Wire::of(&lab.first);
    lab.r1.start_daemon();
    assert!(
        wire.read_until(PATIENCE, |_| lab.r1.is_active()),
        "r1 is Active"
    );
    lab.r2.start_daemon();
    assert!(
        wire.read_until(PATIENCE, |_| lab.r2.is_backup()),
        "r2 is Backup"
    );
    pause(Duration::from_secs(1));

    let (turns, lines) = (takeovers(&lab), log_lines(&lab));
    let (began, used) = (Moment::now(), processor::of(&lab.r1));
    let count = attack.per_second * attack.seconds;
    let sending = lab.host.begin_to_send(
        "eth0",
        &Volley {
            frames: (attack.frames)(),
            count,
            per_second: attack.per_second,
        },
    );
    sending.finish();
    let (now, took) = (processor::of(&lab.r1), Moment::now().since(began));
    let ended = began + took;
    // What was wrong may come out a little later, and the wiretap is late.
    pause(Duration::from_secs(3));
    wire.read();
    let seconds = took.as_secs_f64();
    add(RATE, f64::from(count) / seconds);
    let adverts = wire.adverts(&lab.r1, began);
    let sent = adverts.iter().filter(|at| **at <= ended).count();
    let due = seconds * 1000.0 / f64::from(attack.interval);
    let sent = u32::try_from(sent).map_or(0.0, f64::from);
    // The first may have been due just before, and the last just after.
    add(MISSED, (100.0 * (due - 1.0 - sent) / due).max(0.0));
    add(TAKEOVERS, takeovers(&lab) - turns);
    add(
        PROCESSOR,
        100.0 * now.time.saturating_sub(used.time).as_secs_f64() / seconds,
    );
    add(LOG, log_lines(&lab) - lines);
}

fn takeovers(lab: &Lab) -> f64 {
    let turns = lab.r2.transitions();
    let turns = turns.iter().filter(|turn| turn.to == RoleName::Master);
    u32::try_from(turns.count()).map_or(f64::INFINITY, f64::from)
}

fn log_lines(lab: &Lab) -> f64 {
    let lines = |node: &Node| {
        let logs = node.logs();
        let last = logs.last().and_then(|path| fs::read(path).ok());
        last.map_or(0, |log| log.split(|byte| *byte == b'\n').count())
    };
    u32::try_from(lines(&lab.r1) + lines(&lab.r2)).map_or(f64::INFINITY, f64::from)
}

fn configuration(attack: &Attack, priority: u8) -> String {
    let Attack {
        interval, version, ..
    } = attack;
    let authentication = if *version == 2 {
        "    authentication {\n        auth_type PASS\n        auth_pass 1111\n    }\n"
    } else {
        ""
    };
    let interval = f64::from(*interval) / 1000.0;
    format!(
        "vrrp_instance A {{\n    interface eth0\n    virtual_router_id 89\n    version {version}\n    priority {priority}\n    \
         advert_int {interval}\n{authentication}    virtual_ipaddress {{\n        192.168.0.5/24 dev eth1\n    }}\n}}\n"
    )
}
