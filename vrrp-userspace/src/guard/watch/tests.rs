//! The loop on a thread, with real scripts and a real socket.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::PermissionsExt,
    },
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::Duration,
};

use tempfile::TempDir;

use super::*;
use crate::guard::{
    Outcome, Purpose, Report, Run, RunId, Script, ScriptIndex, Slot, SlotIndex, Table,
    link::socket_pair, message::ToGuard,
};

const TRACKING: Purpose = Purpose::Tracking;
const NOTIFICATION: Purpose = Purpose::Notification { queue: 0 };

#[test]
fn a_script_reports_how_it_ended() {
    let mut daemon = Daemon::with_scripts(&["exit 3", "kill -9 $$", "exit 0"]);
    assert_eq!(daemon.outcome_of(0), Outcome::Exited(3));
    assert_eq!(daemon.outcome_of(1), Outcome::Signalled(9));
    assert_eq!(daemon.outcome_of(2), Outcome::Exited(0));
}

#[test]
fn a_program_that_is_not_there_could_not_start() {
    let mut daemon = Daemon::with_table(&Table {
        scripts: numbered([Script {
            argv: vec!["/nowhere/chk".into()],
            ..script("")
        }]),
        ..Table::default()
    });
    let Outcome::CouldNotStart(reason) = daemon.outcome_of(0) else {
        panic!("it started")
    };
    assert!(reason.starts_with("/nowhere/chk: No such file"), "{reason}");
    assert!(
        matches!(daemon.outcome_of(1), Outcome::CouldNotStart(_)),
        "no such index"
    );
}

#[test]
fn a_script_gets_its_arguments_and_not_the_variables_that_steer_shells() {
    let mut daemon = Daemon::with_scripts(&[
        r#"[ "$*" = "INSTANCE VI_1 MASTER 100" ] && [ "$PWD" = / ] && [ -z "$LD_PRELOAD" ]"#,
    ]);
    let words = ["INSTANCE", "VI_1", "MASTER", "100"];
    let arguments = words.map(String::from).to_vec();
    let run = Run {
        arguments,
        ..daemon.next_run(0, NOTIFICATION)
    };
    assert_eq!(daemon.outcome(run), Outcome::Exited(0));
}

#[test]
fn a_script_runs_as_its_user_without_our_groups() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: only root can become somebody else");
    }
    let text = r#"[ "$(id -u) $(id -G)" = "65534 65533" ]"#;
    let script = Script {
        uid: 65534,
        gid: 65533,
        ..script(text)
    };
    let mut daemon = Daemon::with_table(&Table {
        scripts: numbered([script]),
        ..Table::default()
    });
    assert_eq!(daemon.outcome_of(0), Outcome::Exited(0));
}

#[test]
fn a_script_without_a_first_line_is_run_by_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chk");
    fs::write(&file, "exit 4\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    let argv = vec![file.display().to_string()];
    let script = Script { argv, ..script("") };
    let mut daemon = Daemon::with_table(&Table {
        scripts: numbered([script]),
        ..Table::default()
    });
    assert_eq!(daemon.outcome_of(0), Outcome::Exited(4));
}

#[test]
fn a_script_that_takes_too_long_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("child");
    let script = format!(
        "sh -c 'echo $$ > {}; exec sleep 60' & wait",
        trace.display()
    );
    let mut daemon = Daemon::with_scripts(&[&script]);

    let run = daemon.next_run(0, TRACKING);
    let run = Run {
        timeout: Some(Duration::from_millis(300)),
        ..run
    };
    let id = daemon.order(run);
    assert_eq!(daemon.hears(), Report::Overdue { run: id });
    assert_eq!(
        daemon.hears(),
        Report::Finished {
            run: id,
            outcome: Outcome::TimedOut
        }
    );

    let child = fs::read_to_string(&trace).unwrap();
    eventually(|| has_ended(child.trim()));
}

#[test]
fn a_script_that_ignores_the_polite_signal_is_killed() {
    let mut daemon = Daemon::with_scripts(&["trap '' TERM; while :; do sleep 1; done"]);
    let run = Run {
        timeout: Some(Duration::from_millis(50)),
        ..daemon.next_run(0, TRACKING)
    };
    let id = daemon.order(run);
    assert_eq!(daemon.hears(), Report::Overdue { run: id });
    assert_eq!(
        daemon.hears(),
        Report::Finished {
            run: id,
            outcome: Outcome::TimedOut
        }
    );
}

#[test]
fn a_tracking_script_never_runs_twice_at_once() {
    let mut daemon = Daemon::with_scripts(&["exec sleep 60"]);
    let first = daemon.next_run(0, TRACKING);
    daemon.order(first);
    let second = daemon.next_run(0, TRACKING);
    let outcome = Outcome::CouldNotStart("it is still running".into());
    assert_eq!(daemon.outcome(second), outcome);
}

#[test]
fn notifications_of_a_router_run_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let scripts = [
        format!("sleep 0.2; echo first >> {path}/order"),
        format!("echo second >> {path}/order"),
    ];
    let mut daemon = Daemon::with_scripts(&scripts);
    for script in [0, 1] {
        let run = daemon.next_run(script, NOTIFICATION);
        daemon.order(run);
    }
    assert!(matches!(
        daemon.hears(),
        Report::Finished { run: RunId(0), .. }
    ));
    assert!(matches!(
        daemon.hears(),
        Report::Finished { run: RunId(1), .. }
    ));
    assert_eq!(
        fs::read_to_string(folder.path().join("order")).unwrap(),
        "first\nsecond\n"
    );
}

/// A reload takes a script away that was ordered before it, and one of its orders still waits its turn.
#[test]
fn what_was_ordered_is_run_though_the_next_table_has_it_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let traces = Traces(&folder);
    let mut daemon = Daemon::with_scripts(&[
        format!("touch {}; sleep 0.3", traces.show("slow")),
        format!("touch {}", traces.show("waited")),
    ]);
    for script in [0, 1] {
        let run = daemon.next_run(script, NOTIFICATION);
        daemon.order(run);
    }
    daemon.install(&Table::default());
    for run in [RunId(0), RunId(1)] {
        let outcome = Outcome::Exited(0);
        assert_eq!(daemon.hears(), Report::Finished { run, outcome });
    }
    assert!(traces.exists("slow") && traces.exists("waited"));
}

#[test]
fn at_the_farewell_tracking_ends_and_notifications_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let traces = Traces(&folder);
    let mut daemon = Daemon::with_scripts(&[
        format!(
            "echo $$ > {}; exec sleep 60",
            traces.path("tracking").display()
        ),
        format!(
            "touch {}; sleep 0.5; touch {}",
            traces.show("begun"),
            traces.show("slow")
        ),
        format!("touch {}", traces.show("waited")),
    ]);
    for (script, purpose) in [(0, TRACKING), (1, NOTIFICATION), (2, NOTIFICATION)] {
        let run = daemon.next_run(script, purpose);
        daemon.order(run);
    }
    eventually(|| traces.exists("tracking") && traces.exists("begun"));

    daemon.tell(&ToGuard::Farewell);
    let guard = daemon.guard.take().unwrap();
    assert_eq!(guard.join().unwrap().0, Ending::Farewell);
    assert!(!traces.exists("slow"), "the guard waits for nobody");
    eventually(|| traces.exists("slow") && traces.exists("waited"));
    let tracking = fs::read_to_string(traces.path("tracking")).unwrap();
    eventually(|| has_ended(tracking.trim()));
}

#[test]
fn a_notification_ordered_with_the_last_breath_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let traces = Traces(&folder);
    let mut daemon = Daemon::with_scripts(&[format!("touch {}", traces.show("stop"))]);
    let run = daemon.next_run(0, NOTIFICATION);
    daemon.order(run);
    daemon.tell(&ToGuard::Farewell);
    eventually(|| traces.exists("stop"));
}

#[test]
fn orders_wait_for_the_table_they_are_about() {
    let mut daemon = Daemon::start();
    let run = daemon.next_run(0, TRACKING);
    let id = daemon.order(run);
    daemon.install(&Table {
        scripts: numbered([script("exit 0")]),
        ..Table::default()
    });
    assert_eq!(
        daemon.hears(),
        Report::Finished {
            run: id,
            outcome: Outcome::Exited(0)
        }
    );
}

#[test]
fn what_the_daemon_said_before_it_died_is_heard() {
    let slot = Slot {
        name: "HA_V1".into(),
        release: None,
        addresses: Vec::new(),
        macvlans: Vec::new(),
    };
    let table = Table {
        slots: BTreeMap::from([(SlotIndex(0), slot)]),
        scripts: numbered([script("exit 0")]),
        ..Table::default()
    };
    let mut daemon = Daemon::with_table(&table);
    // A report that the daemon never reads makes its end of the socket break off, not just close.
    let run = daemon.next_run(0, TRACKING);
    daemon.order(run);
    eventually(|| is_readable(daemon.socket.as_ref().unwrap()));

    daemon.tell(&ToGuard::Claiming(SlotIndex(0)));
    drop(daemon.socket.take());
    let guard = daemon.guard.take().unwrap();
    assert_eq!(
        guard.join().unwrap(),
        (Ending::Death, vec!["HA_V1".to_owned()])
    );
}

fn numbered(scripts: impl IntoIterator<Item = Script>) -> BTreeMap<ScriptIndex, Script> {
    (0..).map(ScriptIndex).zip(scripts).collect()
}

/// The daemon's side, and the guard's loop on a thread.
struct Daemon {
    socket: Option<OwnedFd>,
    guard: Option<JoinHandle<(Ending, Vec<String>)>>,
    runs: u64,
}

impl Daemon {
    fn with_scripts(scripts: &[impl AsRef<str>]) -> Self {
        let scripts = numbered(scripts.iter().map(|text| script(text.as_ref())));
        Self::with_table(&Table {
            scripts,
            ..Table::default()
        })
    }

    fn with_table(table: &Table) -> Self {
        let daemon = Self::start();
        daemon.install(table);
        daemon
    }

    fn start() -> Self {
        let (near_end, far_end) = socket_pair().unwrap();
        let guard = std::thread::spawn(move || {
            let mut watch = Watch::new(far_end.as_fd(), None);
            let ending = watch.until_the_end().unwrap();
            match ending {
                Ending::Farewell => watch.runs.farewell(),
                Ending::Death => watch.runs.daemon_died(),
            }
            (
                ending,
                watch
                    .ledger
                    .claimed()
                    .map(|slot| slot.name.clone())
                    .collect(),
            )
        });
        Self {
            socket: Some(near_end),
            guard: Some(guard),
            runs: 0,
        }
    }

    fn install(&self, table: &Table) {
        table
            .messages()
            .iter()
            .for_each(|message| self.tell(message));
    }

    fn tell(&self, message: &ToGuard) {
        let datagram = encode(message).unwrap();
        send(
            self.socket.as_ref().unwrap(),
            &datagram,
            SendFlags::NOSIGNAL,
        )
        .unwrap();
    }

    fn next_run(&mut self, script: u32, purpose: Purpose) -> Run {
        let run = RunId(self.runs);
        self.runs += 1;
        Run {
            run,
            script: ScriptIndex(script),
            arguments: Vec::new(),
            timeout: None,
            purpose,
        }
    }

    fn order(&self, run: Run) -> RunId {
        let id = run.run;
        self.tell(&ToGuard::Run(run));
        id
    }

    fn hears(&self) -> Report {
        let socket = self.socket.as_ref().unwrap();
        eventually(|| is_readable(socket));
        let mut datagram = [0; LONGEST];
        let (length, _) = recv(socket, &mut datagram[..], RecvFlags::empty()).unwrap();
        decode(&datagram[..length]).unwrap()
    }

    fn outcome(&self, run: Run) -> Outcome {
        let id = self.order(run);
        let report = self.hears();
        let Report::Finished { run, outcome } = report else {
            panic!("{report:?} instead of the end of {id:?}");
        };
        assert_eq!(run, id);
        outcome
    }

    fn outcome_of(&mut self, script: u32) -> Outcome {
        let run = self.next_run(script, TRACKING);
        self.outcome(run)
    }
}

struct Traces<'a>(&'a TempDir);

impl Traces<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn show(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Whether a script has left its trace, in full.
    fn exists(&self, name: &str) -> bool {
        let is_complete = |text: String| name != "tracking" || text.ends_with('\n');
        fs::read_to_string(self.path(name)).is_ok_and(is_complete)
    }
}

fn script(text: &str) -> Script {
    let argv = ["/bin/sh", "-c", text, "chk"].map(String::from).to_vec();
    Script {
        argv,
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
    }
}

/// Gone, or dead and waiting for whoever inherited it.
fn has_ended(pid: &str) -> bool {
    fs::read_to_string(Path::new("/proc").join(pid).join("stat"))
        .map_or(true, |stat| stat.contains(") Z "))
}

fn eventually(condition: impl Fn() -> bool) {
    let deadline = clock::now() + Duration::from_secs(10);
    while !condition() {
        assert!(clock::now() < deadline, "it did not happen in time");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
