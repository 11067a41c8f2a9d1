//! The guard proves itself: daemon and guard are killed in the middle of system calls, wherever that is.
//!
//! Each trial runs a daemon through its start, a takeover, a fault and its end, a reload and its stop, while strace kills whoever makes the
//! N-th call of one kind. Killed alone, the daemon leaves nothing and the guard costs nothing; what both leave, the next start removes.
//!
//! Half of the trials are after whoever comes first, which is mostly the daemon; the other half after the guard alone.
//!
//! A run tries a few pairs of call and number, drawn from a seed that it prints. `XVRRPD_PROOF_SEED` draws the same again, and
//! `XVRRPD_PROOF=all` tries every one.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_tests::condition::holds_within;
use vrrp_tests::namespace::Namespace;
use vrrp_tests::process::Process;
use vrrp_tests::{Binaries, Daemon, Moment};

/// What the daemon and its guard ask of the kernel, in the order of its manual.
const CALLS: &[&str] = &[
    "bind",
    "bpf",
    "capset",
    "clone3",
    "close",
    "connect",
    "epoll_ctl",
    "epoll_wait",
    "eventfd2",
    "execve",
    "fcntl",
    "futex",
    "ioctl",
    "mmap",
    "openat",
    "pidfd_open",
    "poll",
    "ppoll",
    "read",
    "recvfrom",
    "recvmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "socket",
    "socketpair",
    "statx",
    "unlink",
    "waitid",
    "write",
];

/// What the guard does while it runs scripts and hears the daemon.
const OF_THE_GUARD: &[&str] = &[
    "clone3",
    "close",
    "fcntl",
    "kill",
    "pidfd_open",
    "poll",
    "read",
    "recvfrom",
    "sendto",
    "waitid",
];

/// Up to this call of a kind somebody is killed.
const LAST_NUMBER: u64 = 40;

/// Trials of a run that does not try all.
const TRIALS: u64 = 12;

/// Under strace, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the guard may take (P9); the machine may be busy.
const CLEANED_UP: Duration = Duration::from_secs(5);

#[test]
fn whoever_is_killed_in_a_system_call_nothing_is_left() {
    let binaries = Binaries::beside_this_one();
    let seed = env::var("XVRRPD_PROOF_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| Moment::now().nanoseconds());
    println!("XVRRPD_PROOF_SEED={seed}");
    let mut killed = Killed::default();
    for (target, call, number) in tries(seed) {
        Trial::new(&binaries, target, call, number).run(&mut killed);
    }
    eprintln!("{killed:?}");
    assert!(
        killed.nobody < killed.trials,
        "somebody was killed in some trial"
    );
}

/// Whom a trial is after.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// Daemon or guard, whoever makes the call first.
    Anybody,
    /// The first guard.
    Guard,
}

/// What to try.
fn tries(seed: u64) -> Vec<(Target, &'static str, u64)> {
    if env::var("XVRRPD_PROOF").is_ok_and(|which| which == "all") {
        let call = |target| {
            let numbered = move |call: &&'static str| {
                (1..=LAST_NUMBER).map({
                    let call = *call;
                    move |number| (target, call, number)
                })
            };
            CALLS.iter().flat_map(numbered)
        };
        return call(Target::Anybody).chain(call(Target::Guard)).collect();
    }
    let mut random = seed | 1;
    let mut below = |limit: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let mut one = |trial| {
        let target = if trial % 2 == 0 {
            Target::Anybody
        } else {
            Target::Guard
        };
        let calls = match target {
            Target::Anybody => CALLS,
            Target::Guard => OF_THE_GUARD,
        };
        let call = usize::try_from(below(calls.len() as u64)).unwrap_or_default();
        // Most happens early.
        let most = 1 + below(LAST_NUMBER);
        (target, calls[call], 1 + below(most))
    };
    (0..TRIALS).map(&mut one).collect()
}

/// Who was killed in the trials so far.
#[derive(Debug, Default)]
struct Killed {
    trials: u32,
    nobody: u32,
    daemon: u32,
    guard: u32,
    both: u32,
}

/// A node, and whom strace kills on it.
struct Trial {
    what: String,
    target: Target,
    words: [String; 2],
    machine: Namespace,
    // The machine lives inside.
    _outer: Namespace,
}

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 101);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 102);
const THIRD: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 103);

impl Trial {
    fn new(binaries: &Binaries, target: Target, call: &str, number: u64) -> Self {
        let outer = Namespace::new("proof", binaries);
        let machine = outer.inside("n", binaries, Daemon::Xvrrpd.stand_in(binaries));
        machine.ip_batch(
            "link add eth0 type veth peer name far\nlink set eth0 up\nlink set far up\naddress add 10.0.0.1/24 dev eth0\n",
        );
        Self {
            what: format!("{target:?} killed at {call} number {number}"),
            target,
            words: [
                format!("trace=execve,{call}"),
                format!("inject={call}:signal=KILL:when={number}"),
            ],
            machine,
            _outer: outer,
        }
    }

    fn run(self, killed: &mut Killed) {
        self.configure(FIRST);
        let [trace, inject] = &self.words;
        let strace = [
            "strace",
            "-f",
            "-q",
            "-o",
            "/run/lab/calls",
            "-e",
            trace,
            "-e",
            inject,
        ];
        match self.target {
            Target::Anybody => {
                self.start(&strace);
                let calls = self.machine.path("/run/lab/calls");
                self.within(PATIENCE, "it begins", || {
                    fs::metadata(&calls).is_ok_and(|calls| calls.len() > 0)
                });
            }
            Target::Guard => {
                self.start(&[]);
                self.within(PATIENCE, "there is a guard", || self.guard().is_some());
                let guard = self.guard().unwrap_or_default();
                let log = File::create(self.machine.path("/run/lab/strace"));
                let log = log.expect("the machine has a folder for the lab");
                drop(Process::start(
                    &self.machine,
                    strace.iter().chain(&["-p", &guard]),
                    log,
                ));
            }
        }
        self.lives_through_everything();

        let (daemon, guard) = match self.target {
            Target::Anybody => self.killed(),
            Target::Guard => (false, self.killed().0),
        };
        killed.trials += 1;
        *match (daemon, guard) {
            (false, false) => &mut killed.nobody,
            (true, false) => &mut killed.daemon,
            (false, true) => &mut killed.guard,
            (true, true) => &mut killed.both,
        } += 1;
        if !(daemon && guard) {
            self.within(CLEANED_UP, "nothing is left", || self.held().is_empty());
        }
        self.next_start_cleans_up();
    }

    /// As far as it lives: start, takeover, fault, takeover, reload, stop.
    fn lives_through_everything(&self) {
        let holds = |address: Ipv4Addr| self.held() == BTreeSet::from([address]);
        self.unless_dead("it takes over", || holds(FIRST));
        // Switched off, since a carrier that goes this soon after the program was attached is waited for.
        self.machine.ip_batch("link set eth0 down\n");
        self.unless_dead("it is at fault", || self.held().is_empty());
        self.machine.ip_batch("link set eth0 up\n");
        self.unless_dead("it takes over again", || holds(FIRST));
        self.configure(SECOND);
        self.signal("-HUP");
        self.unless_dead("it reloads", || holds(SECOND));
        // An act of the guard would show now.
        if !self.is_dead() {
            assert!(
                !holds_within(Duration::from_millis(300), || !holds(SECOND)
                    && !self.is_dead()),
                "{}: somebody removed the address of a living daemon",
                self.what
            );
        }
        self.signal("-TERM");
        self.within(PATIENCE, "it ends", || {
            self.is_dead() && !self.processes().iter().any(|(_, name)| name == "strace")
        });
    }

    /// Whatever was left: a daemon that has nothing to do with those addresses takes them away before it has its own.
    fn next_start_cleans_up(&self) {
        self.within(PATIENCE, "the guard of the dead goes", || {
            self.processes().is_empty()
        });
        self.configure(THIRD);
        self.start(&[]);
        self.within(PATIENCE, "the next start cleans up", || {
            self.held() == BTreeSet::from([THIRD])
        });
        self.signal("-TERM");
        self.within(PATIENCE, "all is over", || {
            self.is_dead() && self.held().is_empty()
        });
    }

    fn configure(&self, address: Ipv4Addr) {
        let text = format!(
            "vrrp_script s {{\n script /bin/true\n interval 1\n init_fail\n weight 1\n}}\nvrrp_instance V {{\n track_script {{\n s\n }}\n interface eth0\n virtual_router_id 7\n version 3\n advert_int 0.1\n garp_master_delay 0\n \
             virtual_ipaddress {{\n {address}/24\n }}\n}}\n"
        );
        let path = self.machine.path("/etc/keepalived/keepalived.conf");
        fs::write(path, text).expect("the machine has a folder for the configuration");
    }

    fn start(&self, launcher: &[&str]) {
        let log = File::create(self.machine.path("/run/lab/log"))
            .expect("the machine has a folder for the lab");
        let words = launcher.iter().chain(&[DAEMON, "-n", "-l", "-G", "-D"]);
        drop(Process::start(&self.machine, words, log));
    }

    fn unless_dead(&self, what: &str, condition: impl Fn() -> bool) {
        self.within(PATIENCE, what, || condition() || self.is_dead());
    }

    fn within(&self, limit: Duration, what: &str, condition: impl FnMut() -> bool) {
        if !holds_within(limit, condition) {
            let log = fs::read_to_string(self.machine.path("/run/lab/log")).unwrap_or_default();
            panic!(
                "{}: did not happen within {} s: {what}\n{log}",
                self.what,
                limit.as_secs()
            );
        }
    }

    /// Nobody may be there to hear it.
    fn signal(&self, signal: &str) {
        for (pid, _) in self
            .processes()
            .iter()
            .filter(|(_, name)| name == "keepalived")
        {
            drop(self.machine.output("kill", &[signal, pid]));
        }
    }

    /// The first guard's process number, once it has its name.
    fn guard(&self) -> Option<String> {
        let mut processes = self.processes().into_iter();
        processes
            .find(|(_, name)| name == "xvrrpd-guard")
            .map(|(pid, _)| pid)
    }

    /// Whether there is no daemon: strace has a name of its own, and so has the guard.
    fn is_dead(&self) -> bool {
        !self
            .processes()
            .iter()
            .any(|(_, name)| name == "keepalived" || name == "strace")
    }

    /// The daemons, guards and tracers of the machine: process number and name.
    fn processes(&self) -> Vec<(String, String)> {
        let listed =
            fs::read_dir(self.machine.path("/proc")).expect("the machine has its processes");
        let named = |entry: fs::DirEntry| {
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            Some((
                entry.file_name().to_string_lossy().into_owned(),
                name.trim().to_owned(),
            ))
        };
        let known = ["keepalived", "xvrrpd-guard", "strace"];
        let all = listed.flatten().filter_map(named);
        all.filter(|(_, name)| known.contains(&name.as_str()))
            .collect()
    }

    /// Which of the virtual addresses are there.
    fn held(&self) -> BTreeSet<Ipv4Addr> {
        let shown = self
            .machine
            .run("ip", &["-json", "-4", "address", "show", "dev", "eth0"]);
        let is_there = |address: &Ipv4Addr| shown.contains(&format!("\"local\":\"{address}\""));
        [FIRST, SECOND, THIRD]
            .into_iter()
            .filter(is_there)
            .collect()
    }

    /// Whether strace killed the first it looked at, which is the daemon if it started with that, and whether a guard.
    fn killed(&self) -> (bool, bool) {
        let calls = fs::read_to_string(self.machine.path("/run/lab/calls")).unwrap_or_default();
        let who = |line: &str| {
            line.split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let first = calls.lines().next().map(who).unwrap_or_default();
        let is_guard = |line: &&str| line.contains("execve(") && line.contains("\"guard\"");
        let guards: BTreeSet<_> = calls.lines().filter(is_guard).map(who).collect();
        let dead: BTreeSet<_> = calls
            .lines()
            .filter(|line| line.ends_with("+++ killed by SIGKILL +++"))
            .map(who)
            .collect();
        (dead.contains(&first), !guards.is_disjoint(&dead))
    }
}

/// What the machine has bound the daemon over.
const DAEMON: &str = "/usr/sbin/keepalived";
