//! The operator wants to see what is rejected.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::forge::{Claim, Forged, STRANGER};
use vrrp_tests::host::Volley;
use vrrp_tests::process::Process;
use vrrp_tests::story::{Calm, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Node, Plan, eventually, seeds};

/// Where the daemon is on a node.
const PROGRAM: &str = "/usr/sbin/keepalived";
/// Where a node's captures are written.
const FILE: &str = "/run/lab/capture.pcapng";
/// What r1 announces when r2 is there: five rounds of two addresses.
const SECOND_BURST: u64 = 10;
/// Frames of each kind that a story sends.
const FEW: u32 = 5;

#[test]
fn quick_rejected_frames_open_in_tshark_with_the_reason() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let calm = Calm::now(&lab);
    let capture = Capture::begin(&lab.r2, &["-w", FILE]);
    let before = reasons().map(|reason| lab.r2.counter(reason));
    send_every_kind(&lab);
    for (reason, before) in reasons().into_iter().zip(before) {
        eventually(reason, || lab.r2.counter(reason) == before + u64::from(FEW));
    }

    let said = capture.end();
    assert!(
        said.ends_with("25 frames captured: 25 rejected, 0 accepted; 0 lost\n"),
        "{said}"
    );
    let frames = opened(&lab.r2);
    are_of_every_kind(&frames);
    for frame in &frames {
        assert_eq!(frame.sender, STRANGER.to_string(), "{frame:?}");
        assert!(frame.is_recent(), "{frame:?}");
        let is_claim = frame.comment.starts_with("arp_claim");
        let interface = if is_claim { "eth1" } else { "eth0" };
        assert_eq!(frame.interface, interface, "{frame:?}");
        // A claim is an alarm and goes on; an advert that fails a check reaches nobody.
        assert_ne!(frame.comment.ends_with("(dropped)"), is_claim, "{frame:?}");
    }
    assert!(calm.lasts());
}

#[test]
fn on_the_raw_path_the_same_frames_are_captured() {
    let off = |seed: &str| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode off\n", 1);
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(off));
    let calm = Calm::now(&lab);
    let capture = Capture::begin(&lab.r2, &["-w", FILE, "-c", "25"]);
    send_every_kind(&lab);
    let said = capture.ends_by_itself();
    assert!(said.contains("25 rejected, 0 accepted; 0 lost"), "{said}");
    let frames = opened(&lab.r2);
    are_of_every_kind(&frames);
    assert!(frames.iter().all(|frame| frame.is_recent()), "{frames:?}");
    assert!(calm.lasts());

    lab.r2.stop_daemon();
    let few = u64::from(FEW);
    for (interface, reason, expected) in [
        ("eth0", "ip_ttl", few),
        ("eth0", "checksum", few),
        ("eth1", "arp_claim", few + SECOND_BURST),
    ] {
        let counted = lab.r2.counted_on_the_raw_path(interface, reason);
        assert_eq!(counted, expected, "{reason}");
    }
}

#[test]
fn nobody_captures_and_nothing_is_copied() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    send_every_kind(&lab);
    eventually("the forged adverts are counted", || {
        lab.r2.counter("checksum") == u64::from(FEW)
    });
    assert!(!is_on(&lab.r2));
    let capture = Capture::begin(&lab.r2, &["-c", "1"]);
    lab.host
        .send("eth0", &Volley::once(forged().ttl(3).frame()));
    let said = capture.ends_by_itself();
    assert!(
        said.contains("eth0 10.89.0.66 (02:00:00:00:66:66) VRRPv2 VRID 89"),
        "{said}"
    );
    assert!(said.contains("ip_ttl: "), "only what came after: {said}");
    is_off(&lab.r2);
}

#[test]
fn accepted_adverts_are_captured_for_whoever_asks_for_them() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let capture = Capture::begin(&lab.r2, &["-a", "-c", "3", "-w", FILE]);
    let said = capture.ends_by_itself();
    assert!(
        said.contains("3 frames captured: 0 rejected, 3 accepted; 0 lost"),
        "{said}"
    );
    let frames = opened(&lab.r2);
    let active = lab.r1.identity().first.to_string();
    let own = |frame: &Opened| frame.comment == "accepted" && frame.source == active;
    assert!(frames.iter().all(own), "{frames:?}");
}

/// One at a time, and whatever ends him turns the switch off.
#[test]
fn a_capture_that_is_killed_makes_room_for_the_next() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let first = Capture::begin(&lab.r2, &["-w", FILE]);
    let second = lab.r2.machine().output(PROGRAM, &["capture"]);
    let complaint = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        complaint.contains("captures already, and one does at a time"),
        "{complaint}"
    );
    assert!(complaint.contains("process "), "{complaint}");

    first.process.signal(Signal::KILL);
    is_off(&lab.r2);
    let third = Capture::begin(&lab.r2, &["-c", "1"]);
    lab.host
        .send("eth0", &Volley::once(forged().ttl(3).frame()));
    assert!(third.ends_by_itself().contains("1 frame captured"));
}

#[test]
fn a_daemon_that_ends_leaves_a_whole_file() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let capture = Capture::begin(&lab.r2, &["-w", FILE]);
    let before = lab.r2.counter("arp_claim");
    send_every_kind(&lab);
    eventually("the last is counted", || {
        lab.r2.counter("arp_claim") == before + u64::from(FEW)
    });
    lab.r2.stop_daemon();
    let said = capture.ends_by_itself();
    assert!(said.contains("25 rejected"), "{said}");
    assert!(said.contains("the daemon has hung up"), "{said}");
    are_of_every_kind(&opened(&lab.r2));

    lab.r2.start_daemon();
    eventually("r2 is Backup again", || lab.r2.is_backup());
    assert!(!is_on(&lab.r2));
    lab.r2.stop_daemon();
    let asked = lab
        .r2
        .machine()
        .output(PROGRAM, &["capture", "-w", "/run/lab/none"]);
    assert_eq!(asked.status.code(), Some(3), "nobody is there");
    assert!(!lab.r2.machine().path("/run/lab/none").exists());
}

/// Whoever does not read loses frames and is told how many; nobody waits for him.
#[test]
fn a_flood_and_a_reader_who_sleeps_cost_the_daemon_nothing() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let calm = Calm::now(&lab);
    // The Active node's own announcements are among them.
    let counted = || lab.r2.counter("ip_ttl") + lab.r2.counter("arp_claim");
    let (flooded, earlier) = (lab.r2.counter("ip_ttl"), counted());
    let capture = Capture::begin(&lab.r2, &["-w", FILE]);
    let later = counted();
    capture.process.signal(Signal::STOP);
    let flood = Volley {
        frames: vec![forged().ttl(3).frame()],
        count: 40_000,
        per_second: 20_000,
    };
    lab.host.send("eth0", &flood);
    capture.process.signal(Signal::CONT);
    eventually("the flood is counted", || {
        lab.r2.counter("ip_ttl") - flooded == u64::from(flood.count)
    });
    let at_least = counted() - later;
    let (mut captured, mut lost) = (0, 0);
    eventually("what was kept has been passed on", || {
        let frames = opened(&lab.r2);
        let is_still = frames.len() == captured;
        captured = frames.len();
        is_still && captured > 0
    });
    let said = capture.end();
    let numbers: Vec<usize> = said
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    if let [.., frames, _, _, missing] = numbers[..] {
        (captured, lost) = (frames, missing);
    }
    assert!(lost > 10_000, "{said}");
    let total = u64::try_from(captured + lost).expect("some");
    let at_most = counted() - earlier;
    assert!((at_least..=at_most).contains(&total), "{said}");
    assert_eq!(opened(&lab.r2).len(), captured);
    assert!(calm.lasts());
}

#[test]
fn a_terminal_is_spared_what_it_cannot_show() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let command = format!("{PROGRAM} capture -w -");
    let output = lab
        .r2
        .machine()
        .output("script", &["-qec", &command, "/dev/null"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("a terminal cannot show pcapng"), "{said}");
}

/// To r2 what r1 announces are claims of somebody else too; they are over.
fn elected(plan: &Plan) -> Lab {
    let lab = Lab::new(plan);
    lab.elect();
    eventually("r1 has announced its addresses twice", || {
        lab.r1.log().matches("gratuitous ARP sent").count() == 2
    });
    lab
}

/// What would be believed as it is.
fn forged() -> Forged {
    Forged::advertisement(STRANGER_ADDRESS)
}

/// By their counters.
const fn reasons() -> [&'static str; 5] {
    [
        "authentication_failure",
        "ip_ttl",
        "checksum",
        "interval",
        "arp_claim",
    ]
}

/// A few frames for each of [`reasons`].
fn send_every_kind(lab: &Lab) {
    let adverts = [
        forged().password(*b"guessed\0"),
        forged().ttl(254),
        forged().bad_checksum(),
        forged().interval(2),
    ];
    let volley = |frames: Vec<Vec<u8>>| Volley {
        count: FEW * u32::try_from(frames.len()).expect("a few"),
        frames,
        per_second: 100,
    };
    let frames = adverts.iter().map(Forged::frame).collect();
    lab.host.send("eth0", &volley(frames));
    let claim = Claim::of(seeds::ADDRESSES[0]).from_mac(STRANGER).frame();
    lab.host.send("eth1", &volley(vec![claim]));
}

#[track_caller]
fn are_of_every_kind(frames: &[Opened]) {
    let mut counts = BTreeMap::new();
    for frame in frames {
        let reason = frame.comment.split(": ").next().unwrap_or_default();
        *counts.entry(reason).or_insert(0) += 1;
    }
    let expected = reasons().map(|reason| (reason, FEW));
    assert_eq!(counts, BTreeMap::from(expected), "{frames:?}");
}

/// A capture that runs.
struct Capture<'a> {
    node: &'a Node,
    process: Process,
    log: &'static str,
}

impl<'a> Capture<'a> {
    /// Begins one, and waits until it is under way.
    #[track_caller]
    fn begin(node: &'a Node, words: &[&str]) -> Self {
        let log = "/run/lab/capture.log";
        let output = File::create(node.machine().path(log)).expect("the node has a folder for it");
        let words: Vec<_> = [PROGRAM, "capture"].iter().chain(words).copied().collect();
        let process = Process::start(node.machine(), &words, output);
        let process = process.expect("it runs until it is ended");
        let capture = Self { node, process, log };
        if node.xdp_program("eth0").is_some() {
            eventually("frames are captured", || is_on(node));
        } else {
            eventually("frames are captured", || node.said(&["captures frames"]));
        }
        capture
    }

    /// Ends it as Ctrl-C does, and returns what it said.
    #[track_caller]
    fn end(self) -> String {
        self.process.signal(Signal::INT);
        self.ends_by_itself()
    }

    /// Waits until it has ended, and returns what it said.
    #[track_caller]
    fn ends_by_itself(self) -> String {
        eventually("the capture ends", || !self.process.runs());
        fs::read_to_string(self.node.machine().path(self.log)).expect("it has a log")
    }
}

/// Whether the program copies frames.
fn is_on(node: &Node) -> bool {
    node.map_dump("CAPTURE_SWITCH").contains("level")
}

#[track_caller]
fn is_off(node: &Node) {
    eventually("nothing is copied any more", || !is_on(node));
}

/// A frame as tshark shows it.
#[derive(Debug)]
struct Opened {
    comment: String,
    interface: String,
    sender: String,
    source: String,
    seconds: u64,
}

impl Opened {
    /// Whether it carries the time of day of this test.
    #[expect(
        clippy::disallowed_methods,
        reason = "the time of day is what is tested"
    )]
    fn is_recent(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("it is after 1970").as_secs();
        (now - 300..=now).contains(&self.seconds)
    }
}

/// What is in the node's capture, in the eyes of tshark.
#[track_caller]
fn opened(node: &Node) -> Vec<Opened> {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(node.machine().path(FILE));
    tshark.args(["-T", "fields", "-E", "separator=|"]);
    for field in [
        "frame.comment",
        "frame.interface_name",
        "eth.src",
        "ip.src",
        "frame.time_epoch",
    ] {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    text.lines().map(|line| parse(line, &complaint)).collect()
}

fn parse(line: &str, complaint: &str) -> Opened {
    let fields: Vec<_> = line.split('|').collect();
    let [comment, interface, sender, source, time] = fields[..] else {
        panic!("tshark shows five fields: {line}; {complaint}");
    };
    let seconds = time.split('.').next().and_then(|whole| whole.parse().ok());
    Opened {
        comment: comment.to_owned(),
        interface: interface.to_owned(),
        sender: sender.to_owned(),
        source: source.to_owned(),
        seconds: seconds.expect("a time begins with seconds"),
    }
}
