use std::path::PathBuf;

use expect_test::expect_file;

use super::*;
use crate::config::{MapSource, ScriptState};

/// A host with everything but the account that keepalived prefers.
struct WellEquipped;

impl Environment for WellEquipped {
    fn interface_exists(&self, _: &str) -> bool {
        true
    }

    fn script(&self, program: &str) -> ScriptState {
        ScriptState::Ok {
            resolved: program.to_owned(),
        }
    }

    fn user_exists(&self, name: &str) -> bool {
        name != "keepalived_script"
    }

    fn group_exists(&self, _: &str) -> bool {
        true
    }
}

fn checked(name: &str, text: Vec<u8>, concise: bool) -> CheckOutcome {
    let load = LoadOptions {
        config_id: Some("lb1".to_owned()),
    };
    let options = CheckOptions {
        load,
        concise,
        color: false,
    };
    check_with(
        &MapSource::single(name, text),
        &WellEquipped,
        name,
        &options,
    )
}

fn configurations() -> Vec<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/configs");
    let entries = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "conf"))
        .collect();
    files.sort();
    files
}

/// Beside each configuration stands what is said about it.
#[test]
fn every_configuration_gets_the_answer_that_stands_beside_it() {
    let files = configurations();
    assert!(files.len() >= 12);
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let outcome = checked(name, std::fs::read(&path).unwrap(), false);
        let answer = format!("{}exit {}\n", outcome.rendered, outcome.exit_code);
        expect_file![path.with_extension("answer")].assert_eq(&answer);
    }
}

#[test]
fn concise_means_one_line_per_problem() {
    let text = b"vrrp_instance A {\n interface eth0\n virtual_router_id 1\n prioritty 9\n}\n";
    let outcome = checked("a.conf", text.to_vec(), true);
    assert_eq!(
        outcome.rendered,
        "a.conf:4:2: warning: unknown keyword `prioritty` in `vrrp_instance A`; the line is ignored (did you mean \
         `priority`?)\na.conf: the instance would start; 1 warning\n"
    );
    assert_eq!(outcome.exit_code, 5);
}

#[test]
fn a_good_file_is_one_line() {
    let text = b"vrrp_instance A {\n interface eth0\n virtual_router_id 1\n}\n";
    let outcome = checked("a.conf", text.to_vec(), false);
    assert_eq!(
        outcome.rendered,
        "a.conf: the instance would start; nothing to say\n"
    );
    assert_eq!(outcome.exit_code, 0);
}

#[test]
fn a_missing_file_would_not_start() {
    let outcome = check(
        Path::new("/no/such/keepalived.conf"),
        &CheckOptions::default(),
    );
    assert_eq!(outcome.exit_code, 4);
    assert!(
        outcome.rendered.contains("the file does not exist"),
        "{}",
        outcome.rendered
    );
    assert!(
        outcome.rendered.ends_with("nothing would start; 1 error\n"),
        "{}",
        outcome.rendered
    );
}
