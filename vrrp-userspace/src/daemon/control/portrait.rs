//! The daemon as it is, put together from those who know a part each: [`Status`].

mod instance;
mod interface;

use std::time::Duration;

use super::status::{Reload, Status, Wakeups};
use crate::{
    daemon::{
        controller::Controller,
        election::{
            punctuality::{LATE, Punctuality},
            snapshot::Unheard,
        },
        plan::RouterPlan,
        reload::{LastReload, Outcome},
    },
    protocol::Monotonic,
    system::clock::WallClock,
};

impl Controller {
    /// What the daemon is doing, and why, and at which moment.
    ///
    /// # Errors
    ///
    /// The election does not say.
    pub(super) async fn status(&mut self) -> Result<(Monotonic, Status), Unheard> {
        self.look_at_addresses().await;
        let snapshot = self.lookout.look().await?;
        self.insight.wall.look();
        let wall = &self.insight.wall;
        let mut instances: Vec<_> = snapshot
            .routers
            .iter()
            .filter_map(|router| self.instance(router, snapshot.at))
            .collect();
        instances.sort_by(|one, other| one.name.cmp(&other.name));
        let leaving = self
            .departing
            .values()
            .map(|departing| departing.slot.addresses.len());
        let status = Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            pid_file: self.options.pid_file.clone(),
            configuration: self.options.origin.file.clone(),
            at: wall.at(snapshot.at),
            started: wall.at(self.insight.started),
            uptime_seconds: snapshot.at.since(self.insight.started).as_secs(),
            guard_pid: self.runner.guard_process(),
            instances,
            interfaces: self.interfaces(),
            program: self.insight.inventory.as_ref().map(interface::program),
            leaving_addresses: leaving.sum::<usize>() as u64,
            wakeups: wakeups(&snapshot.punctuality, wall),
            last_reload: self.last_reload.as_ref().map(|last| reload(last, wall)),
            metrics: self.metrics.describe(),
        };
        Ok((snapshot.at, status))
    }

    /// Learns which addresses there are, unless they are known. If the kernel does not say, the next one who asks tries again.
    async fn look_at_addresses(&mut self) {
        let has_routes = self.plan.routers.values().any(RouterPlan::has_routes);
        if has_routes {
            let routes = self.network.local_routes().await;
            if let Err(failure) = &routes {
                tracing::debug!("Netlink: the local routes cannot be listed: {failure}");
            }
            self.insight.held.set_routes(routes.ok());
        }
        if self.insight.held.knows_addresses() {
            return;
        }
        match self.network.all_addresses().await {
            Ok(all) => {
                let all = all.into_iter().map(|observed| observed.address);
                self.insight.held.learn(all);
            }
            Err(failure) => {
                tracing::debug!("Netlink: the addresses cannot be listed: {failure}");
            }
        }
    }
}

fn wakeups(punctuality: &Punctuality, wall: &WallClock) -> Wakeups {
    let worst = punctuality.worst;
    Wakeups {
        total: punctuality.wakeups,
        late: punctuality.late,
        late_after_us: microseconds(LATE),
        worst_us: worst.map_or(0, |(lateness, _)| microseconds(lateness)),
        worst_at: worst.map(|(_, at)| wall.at(at)),
    }
}

fn reload(last: &LastReload, wall: &WallClock) -> Reload {
    let (is_done, lines) = match &last.outcome {
        Outcome::Done(changes) => (true, changes),
        Outcome::Refused(reasons) => (false, reasons),
    };
    Reload {
        at: wall.at(last.at),
        is_done,
        lines: lines.clone(),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
