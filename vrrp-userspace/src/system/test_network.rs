//! A network of its own for one test, gone when the test ends.

use std::{
    env,
    process::{Command, Stdio},
};

/// Set in the process that has the network to itself.
const INSIDE: &str = "XVRRPD_TEST_NETWORK";

/// Runs `test` in a new network namespace: starts this test again, alone, under `unshare`.
///
/// A user namespace gives the rights, so no root is needed where the host allows that. Where it does not,
/// the test is skipped and says so; for root it then fails.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        sh("ip link set lo up");
        return test();
    }
    if !can_unshare() {
        assert!(
            !rustix::process::geteuid().is_root(),
            "unshare failed for root"
        );
        return eprintln!("skipped: this host gives users no network namespaces");
    }
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--include-ignored"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "in its own network:\n{text}");
    assert!(
        text.contains("1 passed"),
        "no test is called {name}:\n{text}"
    );
    eprintln!("{text}");
}

fn can_unshare() -> bool {
    Command::new("unshare")
        .args(["--map-root-user", "--net", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a shell line that must succeed and returns what it printed.
pub(crate) fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-ec", line]).output().unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A pair of links, both up: `eth0` for us and `peer` for the rest of the world.
pub(crate) fn cable() {
    sh("ip link add eth0 type veth peer name peer; ip link set eth0 up; ip link set peer up");
}
