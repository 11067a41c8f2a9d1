//! What the keys wish for, done.

use super::keys::Deed;
use crate::forge::gratuitous_arp;
use crate::host::{Sending, Volley};
use crate::lab::Lab;
use crate::node::Node;
use crate::observer::NodeName;
use crate::seeds;
use crate::story;

/// Breaks and mends, one thing after the other.
#[derive(Debug)]
pub struct Hand<'a> {
    lab: &'a Lab,
    /// What is being sent; ends when this does, or with the next flood.
    flood: Option<Sending>,
}

/// Said when there is nothing to do, or no way to do it.
type Refused = &'static str;

impl<'a> Hand<'a> {
    /// A hand in this lab.
    #[must_use]
    pub const fn in_the(lab: &'a Lab) -> Self {
        Self { lab, flood: None }
    }

    /// Does it and returns when it is done.
    ///
    /// # Errors
    ///
    /// What stands in the way, for people.
    ///
    /// # Panics
    ///
    /// If the lab does not do as it is told.
    pub fn act(&mut self, deed: Deed, name: NodeName) -> Result<(), Refused> {
        let node = name.of(self.lab);
        match deed {
            Deed::KillHaproxy => kill_haproxy(node)?,
            Deed::BreakHaproxy => {
                node.break_haproxy();
                // Dead already is as good.
                kill_haproxy(node).or(Ok(()))?;
            }
            Deed::KillDaemon => running(node)?.kill_daemon(),
            Deed::StopDaemon => awake(node)?.stop_daemon(),
            Deed::PauseDaemon => awake(node)?.pause_daemon(),
            Deed::CutLink => self.lab.pull_cable(node, "eth0"),
            Deed::Flood => self.begin_flood(),
            Deed::Claim => {
                let claim = gratuitous_arp(seeds::ADDRESSES[0]);
                self.lab.host.send("eth1", &Volley::once(claim));
            }
            Deed::Reload => awake(node)?.signal(rustix::process::Signal::HUP),
            Deed::MendHaproxy => mend_haproxy(node),
            Deed::StartDaemon if node.is_running() => return Err("its daemon runs already"),
            Deed::StartDaemon => node.start_daemon(),
            Deed::ContinueDaemon if !node.is_paused() => return Err("its daemon is not paused"),
            Deed::ContinueDaemon => node.continue_daemon(),
            Deed::PlugLink => self.lab.plug_cable(node, "eth0"),
            Deed::MendAll => self.mend_all(node),
        }
        Ok(())
    }

    /// HAProxy first: a daemon that starts beside a broken one is stopped by its script.
    fn mend_all(&mut self, node: &Node) {
        self.flood = None;
        self.lab.plug_cable(node, "eth0");
        mend_haproxy(node);
        if node.is_paused() {
            node.continue_daemon();
        } else if !node.is_running() {
            node.start_daemon();
        }
    }

    fn begin_flood(&mut self) {
        let volley = Volley {
            frames: vec![story::wrong_password()],
            count: 2000,
            per_second: 200,
        };
        // The last one ends before the next begins.
        self.flood = None;
        self.flood = Some(self.lab.host.begin_to_send("eth0", &volley));
    }
}

fn running(node: &Node) -> Result<&Node, Refused> {
    if node.is_running() {
        Ok(node)
    } else {
        Err("its daemon does not run")
    }
}

fn awake(node: &Node) -> Result<&Node, Refused> {
    if running(node)?.is_paused() {
        return Err("its daemon is paused");
    }
    Ok(node)
}

fn kill_haproxy(node: &Node) -> Result<(), Refused> {
    if !node.haproxy_runs() {
        return Err("its HAProxy is dead already");
    }
    node.kill_haproxy();
    Ok(())
}

fn mend_haproxy(node: &Node) {
    node.repair_haproxy();
    if !node.haproxy_runs() {
        node.start_haproxy();
    }
}
