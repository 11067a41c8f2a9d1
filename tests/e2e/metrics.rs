//! Prometheus collects the metrics, and others try to be in its way.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::condition::{found_within, pause};
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{Calm, Handover, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Moment, Node, Plan, eventually, never, seeds, within};

/// Where the daemon is on a node.
const PROGRAM: &str = "/usr/sbin/keepalived";
/// What a takeover may take, on a busy machine.
const LONG: Duration = Duration::from_secs(12);
/// Longer than any of these daemons would wait for a silent Active node.
const SILENCE: Duration = Duration::from_secs(5);
/// Scrapes that are made while a takeover is under way, if it does not come.
const MOST_SCRAPES: u32 = 2_000;
/// Connections of those who are in the way.
const CROWD: usize = 200;
/// Connections that are served at a time, as docs/metrics.md says.
const PLACES: usize = 32;
/// Where the metrics are, and where else.
const PORTS: [u16; 2] = [9650, 9651];
const DOCUMENTATION: &str = include_str!("../../docs/metrics.md");

#[test]
fn quick_nothing_listens_until_a_reload_says_so_and_it_moves_and_goes() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd));
    let before = listeners(&lab.r1);
    lab.elect();
    let calm = Calm::now(&lab);
    assert_eq!(listeners(&lab.r1), before, "off unless asked for");
    assert_eq!(status(&lab.r1)["metrics"], Value::Null);

    for (port, other) in [(PORTS[0], PORTS[1]), (PORTS[1], PORTS[0])] {
        lab.r1
            .write_config(&listening(seeds::MASTER_CONF, &port.to_string()));
        assert_eq!(reload(&lab.r1).0, 0);
        assert_eq!(
            listeners(&lab.r1),
            [before.clone(), vec![local(port)]].concat()
        );
        assert!(page(&lab.r1, port).contains("vrrp_virtual_routers 1\n"));
        assert!(ask(&lab.r1, other, GET).is_err(), "it is there no more");
        assert_eq!(status(&lab.r1)["metrics"]["problem"], Value::Null);
    }
    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1).0, 0);
    assert_eq!(listeners(&lab.r1), before);
    assert!(calm.lasts());
}

#[test]
fn a_port_that_somebody_else_has_is_told_and_had_later() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(on_the_first_port));
    let [first, second] = PORTS.map(|port| occupied(&lab.r1, port));
    lab.elect();
    let words = "nothing can listen at 127.0.0.1:9650: Address already in use";
    assert!(lab.r1.said(&["metrics_listen: ", words]));
    let problem = status(&lab.r1)["metrics"]["problem"].clone();
    assert!(
        problem.as_str().unwrap_or("").starts_with(words),
        "{problem}"
    );

    lab.r1.write_config(&listening(seeds::MASTER_CONF, "9651"));
    let (code, said) = reload(&lab.r1);
    assert_eq!(code, 0);
    assert!(
        said.contains("at 127.0.0.1:9651: Address already in use"),
        "{said}"
    );

    drop((first, second));
    assert_eq!(reload(&lab.r1).0, 0);
    assert!(page(&lab.r1, PORTS[1]).contains("vrrp_virtual_routers 1\n"));
    assert_eq!(status(&lab.r1)["metrics"]["problem"], Value::Null);
}

#[test]
fn promtool_is_satisfied_with_every_state_and_with_what_is_documented() {
    let lab = elected();
    for (node, state) in [(&lab.r1, "MASTER"), (&lab.r2, "BACKUP")] {
        satisfies_promtool(&page_in_state(node, state));
    }
    lab.pull_cable(&lab.r2, "eth0");
    satisfies_promtool(&page_in_state(&lab.r2, "FAULT"));

    let documented = DOCUMENTATION.split("```yaml\n").skip(1);
    let documented: Vec<_> = documented
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(documented.len(), 2);
    for text in documented {
        let what = if text.starts_with("groups:") {
            "rules"
        } else {
            "config"
        };
        promtool(&["check", what, "/dev/stdin"], text);
    }
}

/// C032+
#[test]
fn the_numbers_are_those_of_the_status_and_of_bpftool() {
    let lab = elected();
    let advert = || Forged::advertisement(STRANGER_ADDRESS);
    let forged = [
        ("vrrp_ip_ttl_errors_total", "ip_ttl", advert().ttl(9)),
        (
            "vrrp_checksum_errors_total",
            "checksum",
            advert().bad_checksum(),
        ),
        (
            "vrrp_version_errors_total",
            "version",
            Forged::version_3(STRANGER_ADDRESS),
        ),
        (
            "vrrp_invalid_type_pkts_rcvd_total",
            "packet_type",
            advert().kind(2),
        ),
        (
            "vrrp_interval_errors_total",
            "interval",
            advert().interval(9),
        ),
        (
            "vrrp_packet_length_errors_total",
            "packet_length",
            advert().saying_it_lists(9),
        ),
        (
            "vrrp_vrid_errors_total",
            "unknown_router",
            advert().vrid(90),
        ),
    ];
    for (count, (_, _, advert)) in (1..).zip(&forged) {
        let volley = Volley {
            count,
            ..Volley::once(advert.frame())
        };
        lab.host.send("eth0", &volley);
    }
    for node in [&lab.r1, &lab.r2] {
        for (count, (name, reason, _)) in (1..).zip(&forged) {
            eventually(&format!("{count} adverts count as {reason}"), || {
                node.counter(reason) == count
            });
            within(LONG, &format!("and as {name}"), || {
                sample(&page(node, PORTS[0]), name, &["interface=\"eth0\""])
                    == Some(count.to_string())
            });
        }
        agrees_with_the_status(node);
    }
    lab.r1.stop_daemon();
    let farewell = "vrrp_priority_zero_pkts_rcvd_total";
    within(LONG, "the farewell is counted", || {
        sample(&page(&lab.r2, PORTS[0]), farewell, &[]) == Some("1".into())
    });
}

/// Both ways there is a kill; only the second time the one who takes over is scraped a hundred times a second.
#[test]
fn a_hundred_scrapes_a_second_change_nothing_about_a_failover() {
    let lab = elected();
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
    let (scraped, pages) = thread::scope(|scope| {
        let scrapes = scope.spawn(|| scrape_on(&lab.r1, &is_over));
        let scraped = excess(&lab.r2, &lab.r1);
        is_over.store(true, Ordering::Relaxed);
        (scraped, scrapes.join().expect("every scrape is answered"))
    });
    println!("late by {calm:?}, and by {scraped:?} when scraped {pages} times");
    let difference = scraped.saturating_sub(calm);
    assert!(
        difference < Duration::from_millis(100),
        "late by {scraped:?} when scraped {pages} times, by {calm:?} when not"
    );
    assert!(pages > 200, "{pages} pages in more than three seconds");
}

/// Two hundred who send a byte now and then, and come again when they are thrown out; a head that does not end; and nobody notices.
#[test]
fn whoever_is_slow_or_never_ends_costs_nobody_but_himself() {
    let lab = elected();
    let calm = Calm::now(&lab);
    let idle = open_files(&lab.r1);
    let mut crowd: Vec<_> = (0..CROWD).map(|_| dawdler(&lab.r1)).collect();
    // Beside the places: the one who looks, and one who is just coming or going.
    within(SILENCE / 2, "no more are kept than have places", || {
        open_files(&lab.r1) <= idle + PLACES + 2
    });
    never(SILENCE, "a role changes", || {
        come_again(&lab.r1, &mut crowd);
        let said = page(&lab.r1, PORTS[0]);
        assert!(said.contains("vrrp_virtual_routers 1\n"), "{said}");
        !calm.lasts()
    });

    let head = format!(
        "GET /metrics HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(1 << 20)
    );
    let said = ask(&lab.r1, PORTS[0], &head).unwrap_or_default();
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431 "),
        "{said}"
    );
    let said = ask(
        &lab.r1,
        PORTS[0],
        "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    assert!(said.is_ok_and(|said| said.starts_with("HTTP/1.1 405 ")));

    within(LONG, "they are thrown out when their time is up", || {
        open_files(&lab.r1) <= idle + 1
    });
    assert!(calm.lasts());
    assert!(page(&lab.r1, PORTS[0]).contains("vrrp_virtual_routers 1\n"));
}

/// A request, as Prometheus makes it.
const GET: &str = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A pair that is to be scraped.
fn elected() -> Lab {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(on_the_first_port));
    lab.elect();
    lab
}

fn on_the_first_port(config: &str) -> String {
    listening(config, &PORTS[0].to_string())
}

fn listening(config: &str, place: &str) -> String {
    let with = format!("global_defs {{\n @xvrrpd metrics_listen {place}");
    config.replace("global_defs {", &with)
}

fn local(port: u16) -> String {
    SocketAddr::from(([127, 0, 0, 1], port)).to_string()
}

fn connected(node: &Node, port: u16) -> io::Result<TcpStream> {
    let machine = node.machine();
    let stream = machine.socket(|| TcpStream::connect(local(port)))?;
    stream.set_read_timeout(Some(LONG))?;
    stream.set_write_timeout(Some(LONG))?;
    Ok(stream)
}

/// What is answered, to the end.
fn ask(node: &Node, port: u16, request: &str) -> io::Result<String> {
    let mut stream = connected(node, port)?;
    stream.write_all(request.as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

/// The page.
#[track_caller]
fn page(node: &Node, port: u16) -> String {
    let said = ask(node, port, GET).expect("a scrape is answered");
    let (head, page) = said.split_once("\r\n\r\n").unwrap_or((&said, ""));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    assert!(
        head.contains("\r\ncontent-type: text/plain; version=0.0.4"),
        "{head}"
    );
    page.to_owned()
}

#[track_caller]
fn page_in_state(node: &Node, state: &str) -> String {
    let label = format!("state=\"{state}\"");
    found_within(LONG, &format!("the page says {state}"), || {
        let page = page(node, PORTS[0]);
        (sample(&page, "vrrp_state", &[&label])? == "1").then_some(page)
    })
}

/// The value of the first sample of this name with these labels.
fn sample(page: &str, name: &str, labels: &[&str]) -> Option<String> {
    let mut samples = page.lines().filter_map(|line| line.rsplit_once(' '));
    let found = samples.find(|(series, _)| {
        let (found, rest) = series.split_once('{').unwrap_or((series, ""));
        found == name && labels.iter().all(|label| rest.contains(label))
    });
    found.map(|(_, value)| value.to_owned())
}

/// Checks that nothing on the page lies outside of what the status said before and after.
#[track_caller]
fn agrees_with_the_status(node: &Node) {
    let before = status(node);
    let page = page(node, PORTS[0]);
    let after = status(node);
    let number = |name: &str, labels: &[&str]| {
        let value = sample(&page, name, labels).and_then(|value| value.parse::<u64>().ok());
        value.unwrap_or_else(|| panic!("no {name} with {labels:?} in\n{page}"))
    };
    for (name, place) in [
        ("vrrp_master_transitions_total", "/became_master"),
        ("vrrp_advertisement_rcvd_total", "/adverts/accepted"),
        ("vrrp_advertisement_sent_total", "/adverts/sent"),
        (
            "vrrp_priority_zero_pkts_sent_total",
            "/adverts/releases_sent",
        ),
        (
            "vrrp_priority_zero_pkts_rcvd_total",
            "/adverts/releases_accepted",
        ),
        ("vrrp_address_list_errors_total", "/adverts/lists_differed"),
        ("vrrp_effective_priority", "/priority/effective"),
        ("vrrp_configured_priority", "/priority/configured"),
        ("xvrrpd_addresses_configured", "/addresses/configured"),
        ("xvrrpd_addresses_held", "/addresses/held"),
    ] {
        let told = |status: &Value| {
            status["instances"][0]
                .pointer(place)
                .and_then(Value::as_u64)
        };
        let range = told(&before).expect("a number")..=told(&after).expect("a number");
        let value = number(name, &["vrrp_instance=\"HA_V1\""]);
        assert!(range.contains(&value), "{name}: {value}, {range:?}");
    }
    let mut checked = 0;
    for (path, least) in frames(&before) {
        let most = frames(&after)[&path];
        let [interface, path, reason] = &path;
        let labels = [
            &format!("interface=\"{interface}\""),
            &format!("path=\"{path}\""),
            &format!("reason=\"{reason}\""),
        ];
        let value = number("xvrrpd_frames_total", &labels.map(String::as_str));
        assert!((least..=most).contains(&value), "{labels:?}: {value}");
        checked += 1;
    }
    assert!(
        checked > 80,
        "two interfaces, two paths, more than twenty reasons"
    );
}

/// What a status has counted, by interface, path and reason.
fn frames(status: &Value) -> BTreeMap<[String; 3], u64> {
    let mut frames = BTreeMap::new();
    for interface in status["interfaces"].as_array().into_iter().flatten() {
        let name = interface["name"].as_str().expect("a name");
        for path in ["program", "raw"] {
            let counted = interface["counters"][path].as_object();
            for (reason, count) in counted.into_iter().flatten() {
                let key = [name, path, reason].map(str::to_owned);
                frames.insert(key, count.as_u64().expect("a number"));
            }
        }
    }
    frames
}

/// Scrapes a hundred times a second until it is over, but not for ever, and returns how often there was a page.
fn scrape_on(node: &Node, is_over: &AtomicBool) -> u32 {
    let mut pages = 0;
    while pages < MOST_SCRAPES && !is_over.load(Ordering::Relaxed) {
        page(node, PORTS[0]);
        pages += 1;
        pause(Duration::from_millis(10));
    }
    pages
}

#[track_caller]
fn satisfies_promtool(page: &str) {
    promtool(&["check", "metrics"], page);
}

#[track_caller]
fn promtool(words: &[&str], text: &str) {
    let mut promtool = Command::new("promtool")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`promtool` of prometheus runs");
    let mut input = promtool.stdin.take().expect("the input is a pipe");
    input.write_all(text.as_bytes()).expect("`promtool` reads");
    drop(input);
    let output = promtool.wait_with_output().expect("`promtool` ends");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    write!(said, "{}", String::from_utf8_lossy(&output.stderr)).expect("a string grows");
    assert!(output.status.success(), "{words:?}: {said}\n{text}");
    // What it has to say of metrics that it takes all the same goes to standard error.
    assert!(output.stderr.is_empty(), "{words:?}: {said}\n{text}");
}

/// Somebody who begins a request and does not end it.
fn dawdler(node: &Node) -> TcpStream {
    let mut stream = connected(node, PORTS[0]).expect("whoever comes is let in");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nx: ").ok();
    stream
}

/// Each sends a byte; ten of those who were thrown out come again.
fn come_again(node: &Node, crowd: &mut [TcpStream]) {
    let thrown_out = crowd
        .iter_mut()
        .filter_map(|one| one.write_all(b"y").is_err().then_some(one));
    for one in thrown_out.take(10) {
        *one = dawdler(node);
    }
}

/// Somebody who has this port.
fn occupied(node: &Node, port: u16) -> TcpListener {
    let machine = node.machine();
    let listener = machine.socket(|| TcpListener::bind(local(port)));
    listener.expect("the port is free")
}

/// The places where somebody on the node listens.
fn listeners(node: &Node) -> Vec<String> {
    let said = node.machine().run("ss", &["-H", "-l", "-t", "-n"]);
    let places = said
        .lines()
        .filter_map(|line| line.split_whitespace().nth(3));
    let mut places: Vec<_> = places.map(str::to_owned).collect();
    // Those of the metrics last.
    places.sort_by_key(|place| {
        (
            place.ends_with(":9650") || place.ends_with(":9651"),
            place.clone(),
        )
    });
    places
}

/// How many files and sockets the daemon has open.
fn open_files(node: &Node) -> usize {
    let folder = format!("/proc/{}/fd", status(node)["pid"]);
    node.machine().run("ls", &[&folder]).lines().count()
}

fn reload(node: &Node) -> (i32, String) {
    let output = node.machine().output(PROGRAM, &["reload"]);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

/// What a node says of itself, as a program reads it.
#[track_caller]
fn status(node: &Node) -> Value {
    let said = node.machine().run(PROGRAM, &["status", "--json"]);
    serde_json::from_str(&said).expect("it is JSON")
}

/// And of its one instance.
#[track_caller]
fn status_of(node: &Node) -> Value {
    status(node)["instances"][0].clone()
}
