//! A network of its own for one test, and the tools of an administrator in it.

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use vrrp_userspace::system::datapath::Interface;

/// Set in the process that has the network to itself.
const INSIDE: &str = "XDP_TEST_NETWORK";
/// `/sys/class/net` shows the network of whoever mounted it.
const SETUP: &str = "mount -t sysfs own /sys; ip link set lo up; exec \"$@\"";

/// Runs `test`, whose name is `name`, in a new network namespace: starts this test again, alone. Needs root.
#[track_caller]
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return test();
    }
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--net", "--mount", "sh", "-ec", SETUP, "sh"])
        .env(INSIDE, "1");
    again(&mut unshare, name);
}

/// Runs the test of this name once more, as the last words of `command`; it must be there and pass.
#[track_caller]
pub(crate) fn again(command: &mut Command, name: &str) {
    let this = env::current_exe().expect("a test knows where it is");
    command
        .arg(this)
        .args(["--exact", name, "--nocapture", "--include-ignored"]);
    let output = command.output().expect("the program is installed");
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("1 passed"),
        "no test is called {name}:\n{text}"
    );
}

/// Runs a shell line that must succeed and returns what it printed.
#[track_caller]
pub(crate) fn sh(line: &str) -> String {
    let output = Command::new("sh")
        .args(["-ec", line])
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a shell line that prints JSON.
#[track_caller]
pub(crate) fn json(line: &str) -> Value {
    let text = sh(line);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]]
        .map(String::from_utf8_lossy)
        .concat()
}

/// Makes a pair of links, both up: `eth0` for us, and `peer` for the rest of the world.
pub(crate) fn cable() {
    sh("ip link add eth0 type veth peer name peer; ip link set eth0 up; ip link set peer up");
}

/// The interface of this name.
#[track_caller]
pub(crate) fn interface(name: &str) -> Interface {
    let link = json(&format!("ip -json link show dev {name}"));
    let index = link.pointer("/0/ifindex").and_then(Value::as_u64);
    Interface {
        name: name.to_owned(),
        index: index
            .and_then(|index| u32::try_from(index).ok())
            .expect("an index"),
    }
}

/// The program that `ip` shows on an interface: its id, and whether it is in the driver.
pub(crate) fn program_on(name: &str) -> Option<(u64, bool)> {
    /// `XDP_ATTACHED_DRV` of the kernel.
    const IN_THE_DRIVER: u64 = 1;
    let link = json(&format!("ip -json -details link show dev {name}"));
    let id = link.pointer("/0/xdp/prog/id")?.as_u64()?;
    let mode = link.pointer("/0/xdp/mode")?.as_u64()?;
    Some((id, mode == IN_THE_DRIVER))
}

/// Whether this kernel has TUN/TAP.
pub(crate) fn has_tap() -> bool {
    Path::new("/dev/net/tun").exists()
}
