//! A daemon is killed, and its guard cleans up: with real processes, in a network of their own.
//!
//! This program plays every part, because a guard is its daemon's executable started again. Hence it has no test
//! harness. It needs root, and says so when it skips.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test without a harness is a test all the same"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, BufRead, BufReader, Read},
    net::{IpAddr, Ipv4Addr, UdpSocket},
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use rustix::{
    net::{RecvFlags, netdevice::name_to_index},
    process::{Pid, Signal, geteuid, kill_process},
};
use socket2::{Domain, Protocol, Socket, Type};
use tempfile::TempDir;
use tokio::sync::watch;
use vrrp_userspace::{
    guard::{self, GuardSender, ReleaseAdvert, Script, ScriptIndex, Slot, SlotIndex, Table},
    protocol::{Authentication, Family, Monotonic, Version, Vrid, advertisement::Template},
    system::{
        clock,
        netlink::{InterfaceAddress, Netlink},
        runner::{Runner, TrackedScript, track},
    },
    tracking::ScriptStatus,
};

/// The goodbye of a router with VRID 89, password 1111 and no address.
const GOODBYE: &[u8; 16] = b"\x21\x59\x00\x00\x01\x01\x7b\x43\x31\x31\x31\x31\0\0\0\0";

/// What the daemon prints when its addresses are up.
const CLAIMED: &str = "claimed";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(guard::SUBCOMMAND) => return guard::main(),
        Some("daemon") => play_daemon(Path::new(&arguments[1])),
        Some("inside") => tell_the_stories(),
        _ if !geteuid().is_root() => eprintln!("skipped: this needs root"),
        _ => go_inside(),
    }
    ExitCode::SUCCESS
}

fn go_inside() {
    let status = Command::new("unshare")
        .args(["--net", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(env::current_exe().unwrap())
        .arg("inside")
        .status()
        .unwrap();
    assert!(status.success(), "see above");
}

fn tell_the_stories() {
    sh("ip link set lo up; ip link add eth0 type veth peer name peer");
    sh("ip link add eth1 type veth peer name peer1; ip link set eth1 up");
    sh("ip link set eth0 up; ip link set peer up; ip address add 192.168.0.9/24 dev eth0");
    a_killed_daemon_is_cleaned_up_after();
    the_guard_survives_the_signals_that_go_to_all();
    a_daemon_that_stops_has_its_guard_go_at_once();
    a_guard_that_is_killed_is_replaced();
}

fn a_killed_daemon_is_cleaned_up_after() {
    sh("ip address add 10.9.9.9/24 dev eth1");
    let daemon = Daemon::start();
    eventually("the check runs", || daemon.has_left("check"));
    let wire = wiretap();

    let killed = daemon.kill();

    let goodbye = vrrp_packet(&wire);
    let said = clock::now().since(killed);
    assert_eq!(goodbye[12..20], [192, 168, 0, 9, 224, 0, 0, 18]);
    assert_eq!(goodbye[20..], *GOODBYE);
    eventually("the addresses are gone", || !holds_addresses());
    let gone = clock::now().since(killed);
    assert!(gone < Duration::from_secs(1), "it took {gone:?}");
    eventually("the pid file is gone", || !daemon.has_left("pid"));
    eventually("the check is gone", || has_ended(&daemon.left("check")));
    eventually("the guard is gone", || has_ended(&daemon.guard));
    assert!(
        sh("ip address show").contains("10.9.9.9"),
        "what is not ours stays"
    );
    eprintln!("killed: goodbye after {said:?}, addresses gone after {gone:?}");
}

fn the_guard_survives_the_signals_that_go_to_all() {
    let daemon = Daemon::start();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::ABORT] {
        kill_process(pid(&daemon.guard), signal).unwrap();
    }
    daemon.kill();
    eventually("the addresses are gone", || !holds_addresses());
    eprintln!("signals to all: survived");
}

fn a_daemon_that_stops_has_its_guard_go_at_once() {
    let mut daemon = Daemon::start();
    eventually("the check runs", || daemon.has_left("check"));
    daemon.stop();
    eventually("the guard is gone", || has_ended(&daemon.guard));
    eventually("the check is gone", || has_ended(&daemon.left("check")));
    assert!(
        daemon.has_left("pid"),
        "that is for a daemon that stops to remove"
    );
    assert!(holds_addresses(), "and these, too");
    sh("ip address flush dev eth1");
    eprintln!("farewell: the guard went at once");
}

fn a_guard_that_is_killed_is_replaced() {
    let daemon = Daemon::start();
    eventually("the check runs", || daemon.has_left("check"));
    fs::remove_file(daemon.folder.path().join("check")).unwrap();
    kill_process(pid(&daemon.guard), Signal::KILL).unwrap();
    eventually("there is another guard", || {
        daemon.guards().iter().any(|guard| *guard != daemon.guard)
    });
    eventually("it runs the check again", || daemon.has_left("check"));

    let wire = wiretap();
    let killed = daemon.kill();
    assert_eq!(vrrp_packet(&wire)[20..], *GOODBYE);
    eventually("the addresses are gone", || !holds_addresses());
    eprintln!(
        "replaced: addresses gone after {:?}",
        clock::now().since(killed)
    );
}

/// A daemon as its parent sees it: Active, and telling its guard so.
struct Daemon {
    process: Child,
    guard: String,
    folder: TempDir,
}

impl Daemon {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env::current_exe().unwrap())
            .arg("daemon")
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), CLAIMED);
        assert!(holds_addresses());
        let mut daemon = Self {
            process,
            guard: String::new(),
            folder,
        };
        eventually("it has a guard", || !daemon.guards().is_empty());
        daemon.guard = daemon.guards().remove(0);
        daemon
    }

    fn kill(&self) -> Monotonic {
        let now = clock::now();
        kill_process(pid(&self.process.id().to_string()), Signal::KILL).unwrap();
        now
    }

    /// Closes its standard input, at which it says farewell.
    fn stop(&mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }

    /// The process numbers of its guards, among them one that nobody has collected yet.
    fn guards(&self) -> Vec<String> {
        let is_guard = |folder: &PathBuf| {
            let line = |name, start| {
                let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
                text.lines()
                    .find_map(|line| Some(line.strip_prefix(start)?.trim().to_owned()))
            };
            line("status", "Name:").is_some_and(|name| name == "xvrrpd-guard")
                && line("status", "PPid:") == Some(self.process.id().to_string())
        };
        let folders = fs::read_dir("/proc")
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let guards = folders.filter(is_guard);
        guards
            .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    fn has_left(&self, name: &str) -> bool {
        fs::read_to_string(self.folder.path().join(name)).is_ok_and(|text| text.ends_with('\n'))
    }

    fn left(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name))
            .unwrap()
            .trim()
            .to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().unwrap();
    }
}

/// The daemon itself, as far as its guard is concerned.
fn play_daemon(folder: &Path) {
    let link = guard::spawn().unwrap();
    let guard = link.sender();
    let (runner, reports) = Runner::new(link, table(folder)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    drop(runtime.spawn(reports.serve()));
    let (_kept, scripts) = watch::channel(check());
    let tracking = track(scripts, ScriptStatus::Unknown, runner, |_changed| {});
    drop(runtime.spawn(tracking));
    runtime.block_on(claim(&guard, folder));
    println!("{CLAIMED}");
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    guard.farewell().unwrap();
    runtime.shutdown_background();
}

async fn claim(guard: &GuardSender, folder: &Path) {
    fs::write(folder.join("pid"), format!("{}\n", std::process::id())).unwrap();
    guard.claiming(SlotIndex(0)).unwrap();
    let installed = Netlink::connect()
        .unwrap()
        .add_addresses(&addresses())
        .await;
    assert!(installed.failures.is_empty(), "{:?}", installed.failures);
}

fn table(folder: &Path) -> Table {
    let any_socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let release = ReleaseAdvert {
        interface: NonZeroU32::new(name_to_index(&any_socket, "eth0").unwrap()).unwrap(),
        source: Ipv4Addr::new(192, 168, 0, 9).into(),
        destinations: vec![Family::Ipv4.group()],
        hop_limit: 255,
        mac: None,
        template: Template {
            version: Version::V2,
            vrid: Vrid::new(89).unwrap(),
            interval: Duration::from_secs(1),
            authentication: Authentication::password("1111"),
            sums_message_alone: false,
            addresses: Vec::new(),
        },
    };
    let slot = Slot {
        name: "HA_V1".into(),
        release: Some(release),
        addresses: addresses(),
        macvlans: Vec::new(),
    };
    let check = format!("echo $$ > {}/check; exec sleep 60", folder.display());
    let argv = ["/bin/sh", "-c", &check].map(String::from).to_vec();
    Table {
        pid_file: Some(folder.join("pid")),
        slots: BTreeMap::from([(SlotIndex(0), slot)]),
        scripts: BTreeMap::from([(
            ScriptIndex(0),
            Script {
                argv,
                uid: 0,
                gid: 0,
            },
        )]),
    }
}

fn check() -> TrackedScript {
    TrackedScript {
        index: ScriptIndex(0),
        name: "chk".into(),
        interval: Duration::from_millis(200),
        timeout: Duration::from_secs(60),
        rise: NonZeroU32::MIN,
        fall: NonZeroU32::MIN,
        is_assumed_down: false,
    }
}

/// Two, and enough more to need several messages.
fn addresses() -> Vec<InterfaceAddress> {
    let more = (0..500_u32).map(|number| Ipv4Addr::from(0x0a00_0001 + number));
    let all = [Ipv4Addr::new(192, 168, 0, 5), Ipv4Addr::new(192, 168, 0, 6)]
        .into_iter()
        .chain(more);
    all.map(|address| InterfaceAddress::new("eth1", IpAddr::V4(address), 32))
        .collect()
}

fn holds_addresses() -> bool {
    let shown = sh("ip address show dev eth1");
    ["192.168.0.5/", "192.168.0.6/", "10.0.1.244/"]
        .iter()
        .any(|address| shown.contains(address))
}

/// Hears every IP packet that arrives on any interface.
fn wiretap() -> Socket {
    let every_ip_packet = Protocol::from(i32::from(0x0800_u16.to_be()));
    let wire = Socket::new(Domain::PACKET, Type::DGRAM, Some(every_ip_packet)).unwrap();
    wire.set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    wire
}

/// The next VRRP packet on the wire, with its IP header.
fn vrrp_packet(wire: &Socket) -> Vec<u8> {
    let deadline = clock::now() + Duration::from_secs(10);
    while clock::now() < deadline {
        let mut packet = [0; 100];
        if let Ok((length, _)) = rustix::net::recv(wire, &mut packet[..], RecvFlags::empty())
            && packet[9] == 112
        {
            return packet[..length].to_vec();
        }
    }
    panic!("no VRRP packet arrived");
}

/// Gone, or dead and waiting for whoever inherited it.
fn has_ended(pid: &str) -> bool {
    fs::read_to_string(Path::new("/proc").join(pid).join("stat"))
        .map_or(true, |stat| stat.contains(") Z "))
}

fn pid(number: &str) -> Pid {
    Pid::from_raw(number.parse().unwrap()).unwrap()
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = clock::now() + Duration::from_secs(10);
    while !condition() {
        assert!(clock::now() < deadline, "not in time: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-ec", line]).output().unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
