//! What every router is doing at a moment, as the election thread tells it.
//!
//! The election copies a few words per router and goes on: nothing of it grows with the number of addresses, nothing is formatted, no map is
//! read and nobody is waited for. What the program has written about a router since stands in its block, which whoever asks reads himself.
//! A [`Lookout`] asks at most once in [`FRESH`], however often it is asked, so that no number of curious clients costs the election more
//! than ten copies a second each.

use std::{net::IpAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{sync::oneshot, time::timeout};
use vrrp_ebpf::abi::AdvertRecord;

use super::{
    career::Career,
    inbox::{Input, Outbox},
    memory::Past,
    punctuality::Punctuality,
};
use crate::{
    protocol::{Monotonic, Priority, State},
    system::clock,
};

/// How old a snapshot may be that is shown as the present.
pub(in crate::daemon) const FRESH: Duration = Duration::from_millis(100);

/// How long the election may take to answer; it takes microseconds, and who waits for it longer should be told.
const PATIENCE: Duration = Duration::from_secs(1);

/// Every router at a moment.
#[derive(Debug, Clone, Default)]
pub(in crate::daemon) struct Snapshot {
    /// The moment.
    pub(in crate::daemon) at: Monotonic,
    /// In the order of their slots.
    pub(in crate::daemon) routers: Vec<RouterSnapshot>,
    /// How late the election woke up.
    pub(in crate::daemon) punctuality: Punctuality,
}

/// One router at a moment.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct RouterSnapshot {
    /// Where it sits.
    pub(in crate::daemon) slot: usize,
    /// What it is.
    pub(in crate::daemon) state: State,
    /// How it came to be that.
    pub(in crate::daemon) career: Career,
    /// What it advertises, or would.
    pub(in crate::daemon) priority: Priority,
    /// Who it takes for Active; itself, if it is.
    pub(in crate::daemon) active_router: Option<IpAddr>,
    /// What it has heard.
    pub(in crate::daemon) heard: Heard,
    /// What it has said.
    pub(in crate::daemon) spoken: Spoken,
}

/// What a router has heard, as far as its block in the kernel does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Heard {
    /// The last advertisement by the raw path that restarted Active_Down_Timer.
    pub(in crate::daemon) last_raw: Option<AdvertRecord>,
    /// Valid advertisements by the raw path.
    pub(in crate::daemon) accepted_raw: u64,
    /// What the block had counted when the router joined; it counts for the slot and not for the router.
    pub(in crate::daemon) accepted_before: u64,
    /// Rejected on the raw path since the last valid advertisement.
    pub(in crate::daemon) rejected_raw: u32,
    /// Advertisements that no doorbell had told.
    pub(in crate::daemon) saved_by_map: u32,
}

/// What a router has said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Spoken {
    /// Advertisements that left.
    pub(in crate::daemon) sent: u64,
    /// Those of them that were goodbyes.
    pub(in crate::daemon) releases: u64,
    /// When the last one left.
    pub(in crate::daemon) last: Option<Monotonic>,
    /// Whether the last one could not leave.
    pub(in crate::daemon) is_mute: bool,
}

impl Spoken {
    /// Takes in that an advertisement left, or could not. `true` if that is another outcome than the last time.
    pub(in crate::daemon) fn note(
        &mut self,
        is_sent: bool,
        priority: Priority,
        now: Monotonic,
    ) -> bool {
        if is_sent {
            self.sent += 1;
            self.releases += u64::from(priority.is_release());
            self.last = Some(now);
        }
        std::mem::replace(&mut self.is_mute, !is_sent) == is_sent
    }
}

/// The election does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::daemon) enum Unheard {
    /// It has ended.
    #[error("the daemon is stopping")]
    Ended,
    /// It has not answered in time.
    #[error(
        "the election thread does not answer; is the machine overloaded, or the process stopped?"
    )]
    Busy,
}

/// Whoever wants to know what the routers are doing asks here.
pub(in crate::daemon) struct Lookout {
    election: Outbox,
    last: Option<Arc<Snapshot>>,
    last_past: Option<Arc<Past>>,
}

impl Lookout {
    /// Nothing has been seen yet.
    pub(in crate::daemon) const fn new(election: Outbox) -> Self {
        Self {
            election,
            last: None,
            last_past: None,
        }
    }

    /// What every router is doing, or was less than [`FRESH`] ago.
    ///
    /// # Errors
    ///
    /// [`Unheard`].
    pub(in crate::daemon) async fn look(&mut self) -> Result<Arc<Snapshot>, Unheard> {
        let now = clock::now();
        if let Some(last) = self.last.as_ref().filter(|last| now.since(last.at) < FRESH) {
            return Ok(Arc::clone(last));
        }
        let snapshot = Arc::new(self.ask(Input::Look).await?);
        self.last = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// What every router has become, or had less than [`FRESH`] ago.
    ///
    /// # Errors
    ///
    /// [`Unheard`].
    pub(in crate::daemon) async fn past(&mut self) -> Result<Arc<Past>, Unheard> {
        let now = clock::now();
        let last = self.last_past.as_ref();
        if let Some(last) = last.filter(|last| now.since(last.at) < FRESH) {
            return Ok(Arc::clone(last));
        }
        let past = Arc::new(self.ask(Input::Remember).await?);
        self.last_past = Some(Arc::clone(&past));
        Ok(past)
    }

    /// What was seen no longer holds: the next look is a new one.
    pub(in crate::daemon) fn forget(&mut self) {
        self.last = None;
        self.last_past = None;
    }

    async fn ask<T>(&self, input: impl FnOnce(oneshot::Sender<T>) -> Input) -> Result<T, Unheard> {
        let (answer, answered) = oneshot::channel();
        if !self.election.send(input(answer)) {
            return Err(Unheard::Ended);
        }
        let answer = timeout(PATIENCE, answered).await;
        answer
            .map_err(|_| Unheard::Busy)?
            .map_err(|_| Unheard::Ended)
    }
}
