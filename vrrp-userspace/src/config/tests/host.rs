//! A configuration on a host that has, or has not, what it names.

use std::collections::BTreeMap;

use super::*;

/// A host with everything, but for what a test takes away.
#[derive(Default)]
struct FakeHost {
    missing_interfaces: Vec<&'static str>,
    missing_users: Vec<&'static str>,
    missing_groups: Vec<&'static str>,
    scripts: BTreeMap<&'static str, ScriptState>,
}

impl Environment for FakeHost {
    fn interface_exists(&self, name: &str) -> bool {
        !self.missing_interfaces.contains(&name)
    }

    fn script(&self, program: &str) -> ScriptState {
        let fine = || ScriptState::Ok {
            resolved: format!("/usr/bin/{program}"),
        };
        self.scripts.get(program).cloned().unwrap_or_else(fine)
    }

    fn user_exists(&self, name: &str) -> bool {
        name != "keepalived_script" && !self.missing_users.contains(&name)
    }

    fn group_exists(&self, name: &str) -> bool {
        !self.missing_groups.contains(&name)
    }
}

const SEED: &str = include_str!("../../../../tests/seeds/master.conf");
const SCRIPT: &str = "/etc/keepalived/check_haproxy.sh";

/// What is said on this host, and the exit code.
fn verified(text: &str, host: &FakeHost) -> (Vec<Diagnostic>, u8) {
    let (config, mut diagnostics) = load_text(text);
    diagnostics.extend(verify(&config, host));
    let exit_code = exit_code(&config, &diagnostics);
    (diagnostics, exit_code)
}

fn with_script(program: &'static str, state: ScriptState) -> FakeHost {
    FakeHost {
        scripts: BTreeMap::from([(program, state)]),
        ..FakeHost::default()
    }
}

#[test]
fn a_host_with_everything_has_no_complaints() {
    assert_eq!(verified(SEED, &FakeHost::default()), (vec![], 0));
}

#[test]
fn a_missing_script_is_one_complaint_at_its_word() {
    let (diagnostics, exit_code) = verified(SEED, &with_script(SCRIPT, ScriptState::Missing));
    expect_test::expect![[r#"
        error: there is no script `/etc/keepalived/check_haproxy.sh`
          ┌─ keepalived.conf:16:12
          │
        16│     script "/etc/keepalived/check_haproxy.sh"   # 监测 HAproxy 是否正常运行
          │            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = now: each of its runs counts as failed
    "#]]
    .assert_eq(&diagnostics[0].full(false));
    assert_eq!((diagnostics.len(), exit_code), (1, 5));

    let (diagnostics, exit_code) = verified(SEED, &with_script(SCRIPT, ScriptState::NotExecutable));
    assert_eq!((diagnostics.len(), exit_code), (1, 5));
}

#[test]
fn an_instance_waits_for_its_interfaces() {
    for missing in ["eth0", "eth1"] {
        let host = FakeHost {
            missing_interfaces: vec![missing],
            ..FakeHost::default()
        };
        let (diagnostics, exit_code) = verified(SEED, &host);
        assert_eq!(diagnostics[0].stops.as_deref(), Some("HA_V1"));
        assert_eq!(exit_code, 4);
    }
}

#[test]
fn an_instance_does_not_wait_for_the_interfaces_of_another() {
    let text = format!("{}{SEED}", complete("interface eth9"));
    let host = FakeHost {
        missing_interfaces: vec!["eth9"],
        ..FakeHost::default()
    };
    let (diagnostics, exit_code) = verified(&text, &host);
    assert_eq!((diagnostics.len(), exit_code), (1, 5));
    assert_eq!(diagnostics[0].primary.span.text(), "eth9");
}

#[test]
fn only_root_has_to_fear_an_insecure_path() {
    let host = with_script(SCRIPT, ScriptState::InsecurePath("/etc/keepalived".into()));
    let (diagnostics, exit_code) = verified(SEED, &host);
    assert_eq!(diagnostics[0].severity, Severity::Security);
    assert_eq!((diagnostics.len(), exit_code), (1, 6));

    let as_nobody = format!("{SEED}\nglobal_defs {{\n script_user nobody\n}}\n");
    assert_eq!(verified(&as_nobody, &host), (vec![], 0));
}

#[test]
fn a_script_without_a_path_is_searched_for() {
    let text = format!(
        "vrrp_script a {{ script \"killall -0 haproxy\"\n}}\n{}",
        complete("track_script { a }")
    );
    let (diagnostics, exit_code) = verified(&text, &FakeHost::default());
    assert_eq!(
        said(&diagnostics),
        ["warning: `killall` is searched for; `/usr/bin/killall` is run (write the whole path)"]
    );
    assert_eq!(exit_code, 5);
}

#[test]
fn nobody_runs_a_script_as_nobody_there_is() {
    let host = FakeHost {
        missing_users: vec!["-v"],
        ..FakeHost::default()
    };
    let (diagnostics, _) = verified(&complete("notify /x/y -v"), &host);
    assert_eq!(
        said(&diagnostics),
        [
            "error: there is no user `-v`; nobody is notified by it (put a command with arguments into double quotes)"
        ]
    );
    let secure = format!(
        "global_defs {{\n enable_script_security\n}}\n{}",
        complete("notify /x/y")
    );
    let (diagnostics, _) = verified(&secure, &host);
    assert_eq!(
        said(&diagnostics),
        ["error: there is no user `keepalived_script`; nobody is notified by it"]
    );
}

#[test]
fn a_script_that_nobody_tracks_is_not_looked_at() {
    let text = format!("vrrp_script a {{ script /x/y\n}}\n{}", complete(""));
    let host = with_script("/x/y", ScriptState::Missing);
    assert_eq!(verified(&text, &host), (vec![], 0));
}

#[test]
fn a_group_that_may_ask_has_to_exist() {
    let text = format!(
        "global_defs {{\n control_group watchers\n}}\n{}",
        complete("")
    );
    let (config, _) = load_text(&text);
    let group = config.global.control_group.unwrap();
    assert_eq!(group.name, "watchers");
    assert_eq!(verified(&text, &FakeHost::default()), (vec![], 0));
    let host = FakeHost {
        missing_groups: vec!["watchers"],
        ..FakeHost::default()
    };
    let (diagnostics, exit_code) = verified(&text, &host);
    assert_eq!(
        said(&diagnostics),
        [
            "error: there is no group `watchers`; only root may ask the daemon (groupadd --system watchers)"
        ]
    );
    assert_eq!(exit_code, 5);
}
