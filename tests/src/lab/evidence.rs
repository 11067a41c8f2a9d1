//! What is kept of a lab whose story failed.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Lab;
use crate::node::Node;

/// How much of a log is shown beside the failure; all of it is kept.
const LAST_LINES: usize = 12;

/// How many labs this process has kept evidence of.
static KEPT: AtomicU32 = AtomicU32::new(1);

/// Copies captures, logs and mails out of the lab and says where they are.
pub(super) fn keep(lab: &Lab) {
    let number = KEPT.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("vrrp-lab-failure-{}-{number}", process::id()));
    match copy(lab, &folder) {
        Ok(()) => eprintln!(
            "the lab's captures and logs are kept in {}",
            folder.display()
        ),
        Err(error) => eprintln!("the lab's captures and logs could not be kept: {error}"),
    }
    eprintln!(
        "  open a capture with: tshark -r {}",
        folder.join("lan0.pcap").display()
    );
    for node in [&lab.r1, &lab.r2] {
        show_end_of_log(node);
    }
}

fn copy(lab: &Lab, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for wiretap in [&lab.first, &lab.second] {
        fs::copy(
            wiretap.file(),
            folder.join(wiretap.file().file_name().unwrap_or_default()),
        )?;
    }
    for node in [&lab.r1, &lab.r2] {
        copy_logs(node, folder)?;
    }
    Ok(())
}

fn copy_logs(node: &Node, folder: &Path) -> io::Result<()> {
    for log in node.logs() {
        let name = log
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        fs::copy(
            &log,
            folder.join(PathBuf::from(format!("{}-{name}", node.name()))),
        )?;
    }
    Ok(())
}

fn show_end_of_log(node: &Node) {
    let log = node.log();
    let lines: Vec<_> = log.lines().collect();
    eprintln!(
        "  {} ({}), the last lines of its log:",
        node.name(),
        node.daemon()
    );
    for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
        eprintln!("    {line}");
    }
}
