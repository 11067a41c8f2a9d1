//! What remains of the demonstration, as text.

use std::time::Duration;

use crate::moment::Seconds;
use crate::node::Node;

/// The maps an operator would look at first.
const MAPS: [&str; 3] = ["ROUTERS", "BLOCKS", "COUNTERS"];

/// One line for each measured time.
pub(super) fn times(measured: &[(String, Duration)]) -> String {
    let lines = measured
        .iter()
        .map(|(what, time)| format!("{} {what}", right(*time)));
    lines.collect::<Vec<_>>().join("\n")
}

/// One line for each mail.
pub(super) fn mails(node: &Node) -> String {
    let lines = node
        .mails()
        .into_iter()
        .map(|mail| mail.subject().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// What `bpftool` shows of a node's maps.
pub(super) fn maps(node: &Node) -> String {
    let dumps = MAPS.map(|name| format!("$ bpftool map dump name {name}\n{}", node.map_dump(name)));
    dumps.join("\n")
}

fn right(time: Duration) -> String {
    format!("{:>9}", Seconds(time).to_string())
}
