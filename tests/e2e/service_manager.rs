//! What a service manager hears of the daemon, and what it is to conclude from silence.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::process::Background;
use vrrp_tests::{Lab, Node, Plan, eventually, never};

/// The test in the place of systemd: where messages arrive, and what has arrived.
struct Manager {
    socket: UnixDatagram,
    heard: Mutex<Vec<String>>,
}

impl Manager {
    /// Listens where the daemon of `node` will look for its service manager.
    fn of(node: &Node) -> Self {
        let socket = UnixDatagram::bind(node.machine().path("/run/lab/notify"))
            .expect("the node has a folder for the lab");
        socket
            .set_nonblocking(true)
            .expect("a socket can be told not to wait");
        Self {
            socket,
            heard: Mutex::default(),
        }
    }

    /// Everything heard so far, message by message.
    fn heard(&self) -> Vec<String> {
        let mut heard = self.heard.lock().expect("nobody panics with it");
        let mut datagram = [0; 4096];
        loop {
            match self.socket.recv(&mut datagram) {
                Ok(length) => heard.push(String::from_utf8_lossy(&datagram[..length]).into_owned()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return heard.clone(),
                Err(error) => panic!("the socket cannot be read: {error}"),
            }
        }
    }

    fn has_heard(&self, message: &str) -> bool {
        self.heard().iter().any(|one| one.trim_end() == message)
    }

    fn count_of(&self, message: &str) -> usize {
        let heard = self.heard();
        heard.iter().filter(|one| one.trim_end() == message).count()
    }
}

fn lab_with_a_manager(variables: &[&'static str], script: &str) -> (Lab, Manager) {
    let launcher: Vec<_> = ["env", "NOTIFY_SOCKET=/run/lab/notify"]
        .into_iter()
        .chain(variables.iter().copied())
        .collect();
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_launcher_on_r1(&launcher)
        .with_script(script);
    let lab = Lab::new(&plan);
    let manager = Manager::of(&lab.r1);
    (lab, manager)
}

#[test]
fn the_service_manager_hears_of_the_start_of_every_role_and_of_the_stop() {
    let (lab, manager) = lab_with_a_manager(&[], "#!/bin/sh\n");
    lab.start_alone(&lab.r1);
    eventually("the start is told", || manager.has_heard("READY=1"));
    eventually("the roles are told", || {
        manager.has_heard("STATUS=1 virtual router: 0 MASTER, 1 BACKUP")
            && manager.has_heard("STATUS=1 virtual router: 1 MASTER")
    });

    lab.r1.stop_daemon();

    eventually("the stop is told", || manager.has_heard("STOPPING=1"));
    assert!(
        !manager.has_heard("WATCHDOG=1"),
        "nobody said that he waits for it"
    );
}

#[test]
fn a_script_finds_no_service_manager() {
    let script = "#!/bin/sh\nenv >/run/lab/environment\n";
    let (lab, _manager) = lab_with_a_manager(&["WATCHDOG_USEC=5000000"], script);
    lab.start_alone(&lab.r1);
    let environment = fs::read_to_string(lab.r1.machine().path("/run/lab/environment"))
        .expect("the script has run");
    assert!(environment.contains("PATH="), "{environment}");
    for variable in ["NOTIFY_SOCKET", "WATCHDOG_"] {
        assert!(!environment.contains(variable), "{environment}");
    }
}

#[test]
fn a_hung_election_thread_leaves_the_watchdog_unanswered() {
    let (lab, manager) = lab_with_a_manager(&["WATCHDOG_USEC=1000000"], "#!/bin/sh\n");
    lab.start_alone(&lab.r1);
    let answers = || manager.count_of("WATCHDOG=1");
    let before = answers();
    eventually("the watchdog is answered", || answers() >= before + 3);

    let hanging = hang(&lab.r1, "election");
    eventually("the daemon notices", || {
        lab.r1.said(&["the election thread does not answer"])
    });
    let silent_since = answers();
    never(Duration::from_secs(3), "the watchdog is answered", || {
        answers() > silent_since
    });

    drop(hanging);
    eventually("the watchdog is answered again", || {
        answers() > silent_since
    });
}

/// Holds one thread of the daemon at its next system call until the returned value is dropped.
fn hang(node: &Node, name: &str) -> Background {
    let find = "grep -lx \"$1\" /proc/$(cat /run/keepalived.pid)/task/*/comm | cut -d / -f 5";
    let thread = node.machine().run("sh", &["-c", find, "sh", name]);
    let mut strace = node.machine().command("strace");
    strace.args(["--attach", thread.trim(), "--quiet=all"]);
    strace.args(["--trace", "poll,ppoll,read"]);
    strace.args(["--inject", "poll,ppoll,read:delay_enter=60s"]);
    Background::start(&mut strace)
}
