//! The daemon as it is, put together from those who know a part each: [`Status`].

use std::{net::Ipv4Addr, time::Duration};

use vrrp_ebpf::abi::{AdvertRecord, BlockView};

use super::{
    controller::Controller,
    punctuality::{LATE, Punctuality},
    reload::{LastReload, Outcome},
    snapshot::{RouterSnapshot, Unheard},
    status::{ActiveRouter, Adverts, Instance, Reload, Status, Wakeups},
};
use crate::{
    protocol::{Monotonic, State, state::keepalived_name},
    system::clock,
};

impl Controller {
    /// What the daemon is doing, and why.
    ///
    /// # Errors
    ///
    /// The election does not say.
    pub(super) async fn status(&mut self) -> Result<Status, Unheard> {
        let snapshot = self.lookout.look().await?;
        let mut instances: Vec<_> = snapshot
            .routers
            .iter()
            .filter_map(|router| self.instance(router, snapshot.at))
            .collect();
        instances.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            pid_file: self.options.pid_file.clone(),
            at: clock::wall(snapshot.at),
            instances,
            wakeups: wakeups(&snapshot.punctuality),
            last_reload: self.last_reload.as_ref().map(reload),
        })
    }

    fn instance(&self, router: &RouterSnapshot, now: Monotonic) -> Option<Instance> {
        let plan = self.plan.routers.get(&router.slot)?;
        let block = self.blocks.as_ref();
        let block = block.and_then(|blocks| blocks.of(router.slot));
        let block = block.unwrap_or_default();
        Some(Instance {
            name: plan.settings.name.clone(),
            interface: plan.settings.interface.clone(),
            vrid: plan.settings.vrid.get(),
            version: plan.settings.version.number(),
            state: name(router.state).into(),
            since: clock::wall(router.career.since),
            because: router.career.because.as_ref().map(ToString::to_string),
            priority: router.priority.get(),
            advert_interval_ms: milliseconds(plan.settings.advertisement_interval),
            active_router: active_router(router, &block, now),
            adverts: adverts(router, &block),
            became_master: router.career.became_active,
        })
    }
}

/// A state as keepalived's users know it.
const fn name(state: State) -> &'static str {
    match state {
        // What keepalived calls STOP has been something before.
        State::Initialize => "INIT",
        State::Backup | State::Active | State::Fault => keepalived_name(state),
    }
}

/// Who is Active. His last advertisement may have come by either path, and the program does not tell the election of one that repeats
/// the one before; so the block knows best.
fn active_router(
    router: &RouterSnapshot,
    block: &BlockView,
    now: Monotonic,
) -> Option<ActiveRouter> {
    let address = router.active_router?;
    let age = |at: Monotonic| milliseconds(now.since(at));
    if router.state == State::Active {
        return Some(ActiveRouter {
            address,
            priority: Some(router.priority.get()),
            last_advert_age_ms: router.spoken.last.map(age),
            is_this_router: true,
        });
    }
    let records = [Some(block.refreshing), router.heard.last_raw];
    let latest = records
        .into_iter()
        .flatten()
        .max_by_key(|record| record.time_ns)
        .filter(|record| record.time_ns > 0);
    Some(ActiveRouter {
        address: latest.as_ref().map_or(address, source),
        priority: latest.map(|record| record.priority),
        last_advert_age_ms: latest.map(|record| age(Monotonic::from_nanos(record.time_ns))),
        is_this_router: false,
    })
}

fn source(record: &AdvertRecord) -> Ipv4Addr {
    let [a, b, c, d, ..] = record.source;
    Ipv4Addr::new(a, b, c, d)
}

fn adverts(router: &RouterSnapshot, block: &BlockView) -> Adverts {
    let (heard, spoken) = (&router.heard, &router.spoken);
    let by_program = block.accepted.saturating_sub(heard.accepted_before);
    Adverts {
        sent: spoken.sent,
        releases_sent: spoken.releases,
        cannot_be_sent: spoken.is_mute,
        accepted: by_program + heard.accepted_raw,
        rejected_since_accepted: u64::from(block.rejected) + u64::from(heard.rejected_raw),
        saved_by_map: heard.saved_by_map.into(),
    }
}

fn wakeups(punctuality: &Punctuality) -> Wakeups {
    let worst = punctuality.worst;
    Wakeups {
        total: punctuality.wakeups,
        late: punctuality.late,
        late_after_us: microseconds(LATE),
        worst_us: worst.map_or(0, |(lateness, _)| microseconds(lateness)),
        worst_at: worst.map(|(_, at)| clock::wall(at)),
    }
}

fn reload(last: &LastReload) -> Reload {
    let (is_done, lines) = match &last.outcome {
        Outcome::Done(changes) => (true, changes),
        Outcome::Refused(reasons) => (false, reasons),
    };
    Reload {
        at: clock::wall(last.at),
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
