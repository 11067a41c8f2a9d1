use std::path::PathBuf;

use super::*;
use crate::config::MapSource;

fn seed(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/seeds")
        .join(name)
}

/// One file for two nodes, as it is for keepalived with `@id` lines.
const SHARED: &str = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n@lb1 priority 150\n@lb2 priority 100\n}\n";

fn shared(ids: [&str; 2]) -> CheckOutcome {
    let [first, second] = ids.map(|id| LoadOptions {
        config_id: Some(id.to_owned()),
    });
    let file = "/etc/pair.conf".to_owned();
    let files = Both {
        first: file.clone(),
        second: file,
    };
    let source = MapSource::single("/etc/pair.conf", SHARED);
    check_pair_with(&source, &files, &Both { first, second }, false)
}

#[test]
fn the_seeds_agree_and_their_times_are_known() {
    let (master, backup) = (seed("master.conf"), seed("backup.conf"));
    let files = Both {
        first: master.as_path(),
        second: backup.as_path(),
    };
    let outcome = check_pair(&files, &PairOptions::default(), false);
    assert_eq!(outcome.exit_code, 0, "{}", outcome.rendered);
    for said in [
        "master.conf is Active if both start together; who is Active stays",
        "crash     3609.375 ms after its last advert, and so at least 2609.375 ms after the crash",
        "kill -9   1609.375 ms at the latest",
        "stop      609.375 ms after its goodbye",
        "return    master.conf stays Backup: `nopreempt`",
        "master.conf and backup.conf: 1 virtual router in both; 2 notes",
    ] {
        assert!(
            outcome.rendered.contains(said),
            "{said}:\n{}",
            outcome.rendered
        );
    }
}

#[test]
fn one_file_may_be_read_for_two_nodes() {
    let outcome = shared(["lb1", "lb2"]);
    assert_eq!(outcome.exit_code, 0, "{}", outcome.rendered);
    assert!(
        outcome.rendered.contains("pair.conf (-i lb1) is Active"),
        "{}",
        outcome.rendered
    );
    let same = shared(["lb1", "lb1"]);
    assert_eq!(same.exit_code, 5);
    assert!(
        same.rendered.contains("pair.conf (first)"),
        "{}",
        same.rendered
    );
}

#[test]
fn a_file_without_an_instance_cannot_be_compared() {
    let missing = PathBuf::from("/no/such/keepalived.conf");
    let master = seed("master.conf");
    let files = Both {
        first: master.as_path(),
        second: missing.as_path(),
    };
    let outcome = check_pair(&files, &PairOptions::default(), false);
    assert_eq!(outcome.exit_code, 4);
    let hint = "nothing would start; 1 error (see `xvrrpd check /no/such/keepalived.conf`)";
    assert!(outcome.rendered.contains(hint), "{}", outcome.rendered);
}
