//! A run of the lab, as files.

use std::fs;
use std::process::Command;

use vrrp_tests::Binaries;
use vrrp_tests::report::{LINES, PACKETS, PICTURE};

#[test]
fn a_demonstration_is_reported_and_the_files_agree() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path().join("report");
    let binaries = Binaries::beside_this_one();
    let played = Command::new(binaries.lab)
        .args(["demo", "--daemon"])
        .arg(binaries.xvrrpd)
        .arg("--report")
        .arg(&folder)
        .output()
        .expect("the demonstration starts");
    let told = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{told}");

    let lines = fs::read_to_string(folder.join(LINES)).expect("there are lines");
    let count = |node: &str, words: &str| {
        let lines = lines.lines();
        lines
            .filter(|line| line.contains(&format!("  {node} ")) && line.contains(words))
            .count()
    };
    let masters = ["r1", "r2"].map(|node| count(node, "Entering MASTER STATE"));
    assert_eq!(masters, [2, 1], "{lines}");

    let picture = fs::read_to_string(folder.join(PICTURE)).expect("there is a picture");
    let picture = roxmltree::Document::parse(&picture).expect("it is well-formed");
    let words: String = picture
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    assert!(words.contains("Times as MASTER: r1 2, r2 1."), "{words}");
    assert!(words.contains("(d) kill -9 of xvrrpd on r2"), "{words}");

    let farewells = tshark(&folder.join(PACKETS), "vrrp.prio == 0");
    assert_eq!(
        farewells,
        count("r1", "a farewell") + count("r2", "a farewell")
    );
    assert!(tshark(&folder.join(PACKETS), "arp.isgratuitous") > 0);
}

/// How many frames of a file a filter of tshark finds.
fn tshark(file: &std::path::Path, filter: &str) -> usize {
    let found = Command::new("tshark")
        .arg("-r")
        .arg(file)
        .args(["-Y", filter])
        .output()
        .expect("tshark runs");
    assert!(
        found.status.success(),
        "{}",
        String::from_utf8_lossy(&found.stderr)
    );
    String::from_utf8_lossy(&found.stdout).lines().count()
}
