//! A node that was gone comes back.

use std::time::Duration;

use crate::condition::{never, within};
use crate::lab::Lab;
use crate::node::Node;
use crate::seeds::{active_down_interval, skew_time};

/// The node's daemon is started again beside an Active one, and it stays Backup, because the seeds say `nopreempt`.
#[track_caller]
pub fn comes_back_as_backup(lab: &Lab, node: &Node, active: &Node) {
    node.repair_haproxy();
    if !node.haproxy_runs() {
        node.start_haproxy();
    }
    node.start_daemon();
    within(Duration::from_secs(5), "it comes back as Backup", || {
        node.is_backup()
    });

    // Whatever it would do by a timer, it would have done by then.
    let priority = node.identity().priority;
    let window = active_down_interval(priority) + skew_time(priority);
    never(window, "one of the two changes its role", || {
        !node.is_backup() || !active.is_active()
    });
    assert!(node.holds_no_address(), "a Backup holds no address");
    assert_eq!(lab.client.answered_by().as_deref(), Some(active.name()));
}
