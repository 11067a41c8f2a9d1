//! The operator asks what it is doing, and why.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::condition::{found_within, pause};
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{self, Calm, Handover, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Moment, Node, Plan, eventually, seeds, within};

/// Where the daemon is on a node.
const PROGRAM: &str = "/usr/sbin/keepalived";
/// A group of the distribution, and its number.
const GROUP: (&str, &str) = ("games", "60");
/// What a takeover may take, on a busy machine.
const LONG: Duration = Duration::from_secs(12);
/// Questions that are asked while a takeover is under way, if it does not come.
const MOST_QUESTIONS: u32 = 2_000;
/// Fails as long as the node is told to be unwell.
const TOLD: &str = "#!/bin/sh\ntest ! -e /run/lab/unwell\n";

#[test]
fn quick_a_backup_sees_who_is_master_and_how_old_his_last_advert_is() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let status = status(&lab.r2);
    let one = &status["instances"][0];
    assert_eq!(one["state"], "BACKUP", "{status:#}");
    assert_eq!(one["active_router"]["address"], "10.89.0.9");
    assert_eq!(one["active_router"]["priority"], 101);
    assert_eq!(one["active_router"]["is_this_router"], false);
    // Of ten looks at least one falls into the second after an advert, however busy the machine is.
    within(LONG, "the last advert is younger than the interval", || {
        let age = status_of(&lab.r2)["active_router"]["last_advert_age_ms"].as_u64();
        age.is_some_and(|age| age < 1_000)
    });
    assert!(one["adverts"]["accepted"].as_u64() > Some(0));
    assert_eq!(one["addresses"]["held"], 0);

    let master = status_of(&lab.r1);
    assert_eq!(master["active_router"]["is_this_router"], true);
    assert_eq!(master["addresses"]["held"], 2);
    assert_eq!(master["addresses"]["excluded"], 2);
    assert_eq!(
        master["addresses"]["missing"],
        Value::from(Vec::<Value>::new())
    );
    let because = master["because"].as_str().expect("there is a cause");
    assert!(lab.r1.said(&["because: ", because]), "{because}");
    let (code, page, complaint) = told(&lab.r1, &["status"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(page.contains("HA_V1: MASTER for "), "{page}");
    assert!(
        page.contains(because.split(' ').next().unwrap_or("")),
        "{page}"
    );
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
}

#[test]
fn a_failing_script_shows_in_the_sum_and_since_survives_a_reload() {
    let weighted = |config: &str| config.replace("interval 4", "interval 1\n weight -30");
    let plan = Plan::seeds(Xvrrpd, Xvrrpd).with_configs(weighted);
    let lab = elected(&plan.with_script(TOLD));
    let before = status_of(&lab.r1);
    fs::write(lab.r1.machine().path("/run/lab/unwell"), "").expect("the node has a folder");
    let one = found_within(LONG, "the priority is 30 less", || {
        let one = status_of(&lab.r1);
        (one["priority"]["effective"] == 71).then_some(one)
    });
    assert_eq!(one["priority"]["configured"], 101);
    let script = &one["priority"]["scripts"][0];
    assert_eq!(
        (&script["name"], &script["adds"]),
        (&"chk_haproxy".into(), &(-30).into())
    );
    assert_eq!(script["is_up"], false);
    let (_, page, _) = told(&lab.r1, &["status", "HA_V1"]);
    assert!(page.contains("71 = 101 - 30"), "{page}");
    assert!(page.contains("chk_haproxy is down (weight -30)"), "{page}");

    // `nopreempt`: it stays what it is, and says since when.
    told(&lab.r1, &["reload"]);
    let after = status_of(&lab.r1);
    assert_eq!(after["state"], "MASTER");
    assert_eq!(before["since"], after["since"]);
    assert_eq!(before["because"], after["because"]);
}

#[test]
fn forged_adverts_are_counted_as_bpftool_counts_them() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    story::flood_changes_nothing(&lab);
    for node in [&lab.r1, &lab.r2] {
        let reason = "authentication_failure";
        let status = status(node);
        let counted = &status["interfaces"][0]["counters"];
        assert_eq!(status["interfaces"][0]["name"], "eth0");
        assert_eq!(
            counted["program"][reason],
            node.counter(reason),
            "{counted}"
        );
        assert!(node.counter(reason) >= 800);
        let (_, page, _) = told(node, &["status"]);
        assert!(page.contains("received an invalid passwd"), "{page}");
    }
}

/// Our number of an interface may be given to another one.
#[test]
fn an_interface_that_a_reload_takes_away_leaves_its_counters_behind() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let wrong = Forged::advertisement(STRANGER_ADDRESS).ttl(9).frame();
    lab.host.send("eth0", &Volley::once(wrong));
    let counted = |interface: &str| {
        let status = status(&lab.r1);
        let all = status["interfaces"].as_array().cloned().unwrap_or_default();
        let one = all.iter().find(|one| one["name"] == interface)?;
        one["counters"]["program"]["ip_ttl"].as_u64()
    };
    eventually("it is counted", || counted("eth0") == Some(1));
    let elsewhere = seeds::MASTER_CONF.replace("interface eth0", "interface eth1");
    lab.r1.write_config(&elsewhere);
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    assert_eq!((counted("eth0"), counted("eth1")), (None, Some(0)));
    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    assert_eq!(counted("eth0"), Some(0));
}

#[test]
fn every_command_that_is_printed_works() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let status = status(&lab.r1);
    let program = lab.r1.xdp_program("eth0");
    assert_eq!(status["program"]["id"].as_u64(), program);
    let is_native = lab.r1.xdp_is_native("eth0");
    let mode = if is_native { "native" } else { "generic" };
    assert_eq!(status["interfaces"][0]["xdp"]["mode"], mode);

    let (_, page, _) = told(&lab.r1, &["status"]);
    let commands = page.lines().filter_map(|line| {
        let command = line.split('#').next()?.trim();
        command.starts_with("bpftool").then_some(command)
    });
    let commands: Vec<_> = commands.collect();
    let of = |what: &str| commands.iter().filter(|one| one.contains(what)).count();
    assert_eq!((of("prog show"), of("link show")), (1, 2), "{page}");
    assert!(of("map ") >= 9, "{page}");
    for command in commands {
        let words: Vec<_> = command.split(' ').collect();
        let shown = lab.r1.machine().run(words[0], &words[1..]);
        assert!(!shown.trim().is_empty(), "{command}");
    }
    let named = |name: &str| {
        let maps = status["program"]["maps"].as_array().into_iter().flatten();
        let mut maps = maps.filter(|map| map["name"] == name);
        maps.next().and_then(|map| map["id"].as_u64())
    };
    assert_eq!(named("COUNTERS"), lab.r1.map("COUNTERS"));
    assert_eq!(named("BLOCKS"), lab.r1.map("BLOCKS"));
}

#[test]
fn on_the_raw_path_it_says_the_same_and_why_there_is_no_program() {
    let off = |config: &str| config.replace("global_defs {", "global_defs {\n xdp_mode off");
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(off));
    let wrong = Forged::advertisement(STRANGER_ADDRESS).ttl(9).frame();
    lab.host.send("eth0", &Volley::once(wrong));
    let status = found_within(LONG, "the forged advert is counted", || {
        let status = status(&lab.r2);
        let counted = &status["interfaces"][0]["counters"]["raw"]["ip_ttl"];
        (*counted == 1).then_some(status)
    });
    let one = &status["instances"][0];
    assert_eq!(one["active_router"]["address"], "10.89.0.9");
    assert_eq!(one["active_router"]["priority"], 101);
    within(LONG, "the last advert is younger than the interval", || {
        let age = status_of(&lab.r2)["active_router"]["last_advert_age_ms"].as_u64();
        age.is_some_and(|age| age < 1_000)
    });
    let eth0 = &status["interfaces"][0];
    assert_eq!(eth0["xdp"]["mode"], "none");
    assert_eq!(eth0["xdp"]["why"], "xdp_mode is off");
    assert_eq!(eth0["raw_path"], "everything");
    assert_eq!(status["program"], Value::Null);
    let accepted = || status_of(&lab.r2)["adverts"]["accepted"].as_u64();
    let before = accepted();
    within(LONG, "adverts are counted on", || accepted() > before);
}

#[test]
fn the_status_does_not_lie_about_what_others_did() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let calm = Calm::now(&lab);
    // Somebody puts an address of ours on the Backup.
    let address = "192.168.0.5/32";
    let ip = |verb| {
        lab.r2
            .machine()
            .run("ip", &["address", verb, address, "dev", "eth1"])
    };
    assert_eq!(status_of(&lab.r2)["addresses"]["held"], 0);
    ip("add");
    within(LONG, "the address that is too much is seen", || {
        status_of(&lab.r2)["addresses"]["left_over"][0] == "192.168.0.5/32 on eth1"
    });
    ip("del");
    within(LONG, "and that it is gone", || {
        status_of(&lab.r2)["addresses"]["held"] == 0
    });

    // Somebody kills the guard.
    let guard = || status(&lab.r1)["guard_pid"].as_u64();
    let first = guard().expect("there is a guard");
    lab.r1.machine().run("kill", &["-KILL", &first.to_string()]);
    within(LONG, "another guard takes its place", || {
        guard().is_some_and(|other| other != first)
    });

    // Somebody takes the program off.
    lab.r1.detach_xdp();
    let mode = || status(&lab.r1)["interfaces"][0]["xdp"].clone();
    let xdp = found_within(LONG, "that the program is gone is seen", || {
        let xdp = mode();
        (xdp["mode"] == "none").then_some(xdp)
    });
    let why = xdp["why"].as_str().unwrap_or("");
    assert!(why.contains("somebody has taken the program off"), "{xdp}");
    eventually("it is back, by another link", || mode()["link_id"].is_u64());
    assert!(calm.lasts());
}

#[test]
fn a_refused_reload_is_remembered() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    assert_eq!(status(&lab.r1)["last_reload"], Value::Null);
    let broken = seeds::MASTER_CONF.replace("virtual_router_id", "# ");
    lab.r1.write_config(&broken);
    assert_eq!(told(&lab.r1, &["reload"]).0, 1);
    let reload = status(&lab.r1)["last_reload"].clone();
    assert_eq!(reload["is_done"], false, "{reload}");
    let (_, page, _) = told(&lab.r1, &["status"]);
    assert!(
        page.contains("refused ") && page.contains("virtual_router_id"),
        "{page}"
    );

    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    assert_eq!(status(&lab.r1)["last_reload"]["is_done"], true);
}

#[test]
fn without_a_daemon_status_exits_3_and_names_the_socket() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for words in [&["status"][..], &["status", "--json"]] {
        let (code, said, complaint) = told(&lab.r1, words);
        assert_eq!((code, said.as_str()), (3, ""), "{words:?}");
        assert!(
            complaint.ends_with("no daemon answers at /run/keepalived.sock\n"),
            "{complaint}"
        );
    }
    let (code, _, complaint) = told(&lab.r1, &["status", "--socket", "/x/b.sock"]);
    assert_eq!(code, 3);
    assert!(complaint.contains("/x/b.sock"), "{complaint}");
}

#[test]
fn a_member_of_the_group_may_ask_and_nobody_else_who_is_told_how_he_may() {
    let (name, number) = GROUP;
    let open = format!("global_defs {{\n control_group {name}");
    let opened = |config: &str| config.replace("global_defs {", &open);
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(opened));
    let as_member_of = |group: &str| {
        let group = format!("--regid={group}");
        let words = [
            "--reuid=65534",
            &group,
            "--clear-groups",
            PROGRAM,
            "status",
            "--json",
        ];
        parts(lab.r1.machine().output("setpriv", &words))
    };
    let (code, said, complaint) = as_member_of(number);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(said.contains("HA_V1"), "{said}");

    let (code, said, complaint) = as_member_of("65534");
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(complaint.contains("control_group"), "{complaint}");
}

#[test]
fn an_instance_that_is_not_there_is_answered_with_those_that_are() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let (code, said, complaint) = told(&lab.r1, &["status", "HA_V2"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(complaint.contains("it has HA_V1"), "{complaint}");
}

/// Both ways there is a kill; only the second time is the one who takes over asked a hundred times a second.
#[test]
fn a_hundred_questions_a_second_change_nothing_about_a_failover() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let excess = |dies: &Node, follows: &Node| {
        let killed = Moment::now();
        dies.kill_every_process();
        let handover = Handover::watch(&lab, dies, follows, killed, LONG);
        let due = seeds::active_down_interval(follows.identity().priority);
        handover.lasted(due);
        handover.silence.saturating_sub(due)
    };
    let calm = excess(&lab.r1, &lab.r2);
    lab.r1.start_daemon();
    eventually("r1 has heard r2", || {
        lab.r1.is_backup() && status_of(&lab.r1)["active_router"]["address"] == "10.89.0.10"
    });

    let is_over = AtomicBool::new(false);
    let (asked, answered) = thread::scope(|scope| {
        let questions = scope.spawn(|| ask_on(&lab.r1, &is_over));
        let asked = excess(&lab.r2, &lab.r1);
        is_over.store(true, Ordering::Relaxed);
        (asked, questions.join().expect("whoever asks is answered"))
    });
    assert!(
        answered > 200,
        "{answered} answers in more than three seconds"
    );
    println!("late by {calm:?}, and by {asked:?} when asked {answered} times");
    let difference = asked.saturating_sub(calm);
    assert!(
        difference < Duration::from_millis(100),
        "late by {asked:?} when asked {answered} times, by {calm:?} when not"
    );
}

/// Asks a hundred times a second until it is over, but not for ever, and returns how often there was an answer.
fn ask_on(node: &Node, is_over: &AtomicBool) -> u32 {
    let socket = node.machine().path("/run/keepalived.sock");
    let mut answered = 0;
    while answered < MOST_QUESTIONS && !is_over.load(Ordering::Relaxed) {
        let mut stream = UnixStream::connect(&socket).expect("the daemon is there");
        stream
            .write_all(b"{\"request\":\"status\"}\n")
            .expect("the daemon reads");
        let mut line = String::new();
        let read = BufReader::new(stream).read_line(&mut line);
        assert!(read.is_ok() && line.starts_with("{\"status\":{"), "{line}");
        answered += 1;
        pause(Duration::from_millis(10));
    }
    answered
}

#[test]
fn watching_fills_a_terminal_outlives_the_daemon_and_leaves_nothing_behind() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let mut watch = Terminal::on(&lab.r1, "first");
    eventually("the screen shows the instance", || watch.shows("HA_V1"));
    lab.r1.stop_daemon();
    eventually("it is said that the daemon is gone", || {
        watch.shows("trying again")
    });
    lab.r1.start_daemon();
    eventually("and it is seen again", || {
        watch.shows_after("trying again", "running for")
    });
    lab.r1.signal(Signal::STOP);
    eventually("it is said that it stands still", || {
        watch.shows("no answer for")
    });
    lab.r1.signal(Signal::CONT);
    watch.press("q");
    assert_eq!(watch.ended(), Some(0));
    assert!(watch.is_given_back());

    let mut watch = Terminal::on(&lab.r1, "second");
    eventually("the screen shows the instance", || watch.shows("HA_V1"));
    watch.terminate();
    assert_eq!(watch.ended(), Some(128 + 15));
    assert!(watch.is_given_back());
}

/// Without a terminal it is pages, or lines of JSON, until nobody reads any more.
#[test]
fn watching_without_a_terminal_is_one_page_after_the_other() {
    let lab = elected(&Plan::seeds(Xvrrpd, Xvrrpd));
    let watch = format!("{PROGRAM} status --watch | head -n 60 | grep -c '^HA_V1: MASTER'");
    let pages = lab.r1.machine().run("sh", &["-c", &watch]);
    assert!(
        pages.trim().parse::<u32>().is_ok_and(|pages| pages >= 1),
        "{pages}"
    );
    let watch = format!("{PROGRAM} status --watch --json | head -n 2");
    let lines = lab.r1.machine().run("sh", &["-c", &watch]);
    let lines: Vec<_> = lines.lines().map(serde_json::from_str::<Value>).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(Result::is_ok), "{lines:?}");
}

/// `status --watch` on a terminal of 80 by 24, made by `script`, which writes down what it shows.
struct Terminal<'a> {
    node: &'a Node,
    name: &'static str,
    script: Child,
}

/// What gives the screen back that was there before (xterm's private mode 1049).
const GIVE_BACK: &str = "\u{1b}[?1049l";

impl<'a> Terminal<'a> {
    fn on(node: &'a Node, name: &'static str) -> Self {
        let run = format!("/run/lab/watch-{name}");
        let command =
            format!("stty cols 80 rows 24; echo $$ >{run}.pid; exec {PROGRAM} status --watch");
        let mut script: Command = node.machine().command("env");
        script
            .args(["TERM=xterm", "script", "--quiet", "--return", "--flush"])
            .args(["--command", &command, &format!("{run}.seen")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        Self {
            node,
            name,
            script: script.spawn().expect("`script` of bsdutils runs"),
        }
    }

    fn seen(&self) -> String {
        let path = format!("/run/lab/watch-{}.seen", self.name);
        let seen = fs::read(self.node.machine().path(&path)).unwrap_or_default();
        String::from_utf8_lossy(&seen).into_owned()
    }

    fn shows(&self, text: &str) -> bool {
        // A picture is drawn cell by cell, and what did not change is skipped; words that are new come whole.
        text.split(' ').all(|word| self.seen().contains(word))
    }

    fn shows_after(&self, first: &str, text: &str) -> bool {
        let seen = self.seen();
        let last = first.split(' ').next_back().unwrap_or(first);
        let after = seen.rsplit_once(last).map(|(_, after)| after.to_owned());
        after.is_some_and(|after| text.split(' ').any(|word| after.contains(word)))
    }

    fn press(&mut self, keys: &str) {
        let terminal = self.script.stdin.as_mut().expect("the input is a pipe");
        terminal.write_all(keys.as_bytes()).expect("`script` reads");
        terminal.flush().expect("`script` reads");
    }

    fn terminate(&self) {
        let path = format!("/run/lab/watch-{}.pid", self.name);
        let pid = fs::read_to_string(self.node.machine().path(&path)).expect("it was written");
        self.node.machine().run("kill", &["-TERM", pid.trim()]);
    }

    /// Its exit code, when it has ended.
    fn ended(&mut self) -> Option<i32> {
        let mut ended = None;
        eventually("it ends", || {
            ended = self.script.try_wait().ok().flatten();
            ended.is_some()
        });
        ended.and_then(|status| status.code())
    }

    fn is_given_back(&self) -> bool {
        self.seen().contains(GIVE_BACK)
    }
}

fn elected(plan: &Plan) -> Lab {
    let lab = Lab::new(plan);
    lab.elect();
    lab
}

/// What a node says of itself, as a program reads it.
#[track_caller]
fn status(node: &Node) -> Value {
    let (code, said, complaint) = told(node, &["status", "--json"]);
    assert_eq!(code, 0, "{complaint}");
    serde_json::from_str(&said).expect("it is JSON")
}

/// And of its one instance.
#[track_caller]
pub(crate) fn status_of(node: &Node) -> Value {
    status(node)["instances"][0].clone()
}

/// Exit code, what was said, and what was complained of.
fn told(node: &Node, command: &[&str]) -> (i32, String, String) {
    parts(node.machine().output(PROGRAM, command))
}

fn parts(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}
