//! A machine to install packages on: the host's files below a layer that takes every change, namespaces of its own, and a first
//! process of choice, which can be the host's systemd.
//!
//! Nothing of it is left when it is dropped; if we are killed before, the kernel ends its first process, and with that all others.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vrrp_tests::namespace::child_of;
use vrrp_tests::{eventually, within};

const SETUP: &str = include_str!("machine.sh");
const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");

/// Who looks after the machine's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Init {
    /// systemd, up to `basic.target`.
    Systemd,
    /// Nobody: init scripts are run by whoever wants them to.
    Scripts,
}

impl Init {
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Systemd => &[
                "/lib/systemd/systemd",
                "--unit=basic.target",
                "--log-level=warning",
            ],
            // Holds the machine until its standard input ends, and leaves no zombies.
            Self::Scripts => &["env", "--ignore-signal=CHLD", "cat"],
        }
    }
}

/// A machine, gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Waits for the machine's first process, which ends with it.
    holder: Child,
    group: PathBuf,
    pid: u32,
}

impl Machine {
    /// Boots one, with the package and the seeds below `/root`.
    ///
    /// # Panics
    ///
    /// If it does not boot, which takes root, a version 2 hierarchy of control groups, and systemd.
    #[track_caller]
    pub(crate) fn boot(init: Init) -> Self {
        let package = std::env::var("XVRRPD_DEB")
            .expect("XVRRPD_DEB names the package; `cargo xtask test package` builds it");
        let group = new_control_group();
        let enter = "echo $$ >\"$1/cgroup.procs\"; shift; exec \"$@\"";
        let holder = Command::new("sh")
            .args(["-c", enter, "sh"])
            .arg(&group)
            .args(["setpriv", "--pdeathsig", "KILL", "unshare"])
            .args(["--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup"])
            .args(["--fork", "--kill-child", "sh", "-c", SETUP, "sh"])
            .args([&package, SEEDS])
            .args(init.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let mut machine = Self {
            holder,
            group,
            pid: 0,
        };
        within(Duration::from_secs(60), "the machine boots", || {
            machine.has_booted(init)
        });
        machine
    }

    fn has_booted(&mut self, init: Init) -> bool {
        assert!(
            self.holder.try_wait().is_ok_and(|ended| ended.is_none()),
            "the machine ended before it had booted"
        );
        let Some(pid) = child_of(self.holder.id()) else {
            return false;
        };
        self.pid = pid;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        match init {
            Init::Systemd => {
                name.trim() == "systemd" && self.says("systemctl is-active basic.target", "active")
            }
            Init::Scripts => name.trim() == "cat",
        }
    }

    /// A command line of the machine, run to its end.
    pub(crate) fn output(&self, line: &str) -> Output {
        Command::new("nsenter")
            .arg(format!("--target={}", self.pid))
            .args(["--all", "--", "env", "-i", "LC_ALL=C", "HOME=/root"])
            .arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .args(["DEBIAN_FRONTEND=noninteractive", "sh", "-c", line])
            .stdin(Stdio::null())
            .output()
            .expect("`nsenter` of util-linux runs")
    }

    /// What a command line writes, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> String {
        let output = self.output(line);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "`{line}` failed:\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said.trim_end().to_owned()
    }

    /// Whether a command line writes exactly this, however it ends.
    pub(crate) fn says(&self, line: &str, word: &str) -> bool {
        String::from_utf8_lossy(&self.output(line).stdout).trim_end() == word
    }

    /// Whether there is such a file, or a link that leads nowhere.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.output(&format!("test -e {path} || test -L {path}"))
            .status
            .success()
    }

    /// Waits until the virtual addresses of the seeds are, or are not, on the machine.
    #[track_caller]
    pub(crate) fn eventually_holds(&self, addresses: bool) {
        let what = if addresses {
            "the machine holds the addresses"
        } else {
            "the addresses are gone"
        };
        eventually(what, || {
            let shown = self.run("ip -brief address show dev eth1");
            ["192.168.0.5/", "192.168.0.6/"]
                .iter()
                .all(|address| shown.contains(address) == addresses)
        });
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.output("journalctl --no-pager --lines 60 || tail -n 60 /var/log/syslog");
            eprintln!("{}", String::from_utf8_lossy(&log.stdout));
        }
        // Its child goes with it, and everything in the machine with that one.
        drop(self.holder.kill());
        drop(self.holder.wait());
        eventually("the machine's control groups are empty", || {
            remove_control_groups(&self.group)
        });
    }
}

/// A new group at the top of the version 2 hierarchy: what systemd takes for the whole of it.
#[track_caller]
fn new_control_group() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mounts = fs::read_to_string("/proc/self/mounts").expect("/proc is mounted");
    let top = mounts.lines().find_map(|mount| {
        let mut words = mount.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then_some(place)
    });
    let top = Path::new(top.expect("a version 2 hierarchy of control groups is mounted"));
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let group = top.join(format!("xvrrpd-machine-{}-{number}", std::process::id()));
    fs::create_dir(&group).expect("root may make a control group");
    group
}

/// From the leaves; `false` while something runs in one of them.
fn remove_control_groups(group: &Path) -> bool {
    let Ok(entries) = fs::read_dir(group) else {
        return true;
    };
    let entries = entries.flatten().map(|entry| entry.path());
    let mut folders = entries.filter(|path| path.is_dir());
    let are_empty = folders.all(|path| remove_control_groups(&path));
    are_empty && fs::remove_dir(group).is_ok()
}
