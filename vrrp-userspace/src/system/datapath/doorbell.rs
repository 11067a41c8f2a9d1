//! The rings, and the blocks that they only point at.

use std::os::fd::{AsFd, BorrowedFd};

use aya::{
    Ebpf,
    maps::{Array, MapError, RingBuf},
};
use aya_log::EbpfLogger;
use tokio::io::unix::AsyncFd;
use vrrp_ebpf::abi::{Alert, BlockView, Role, RouterEvent};
use zerocopy::FromBytes;

use super::{Datapath, DatapathError, Owned};
use crate::system::readable::readable;

/// Copy an element under its lock (Linux 5.1).
pub(super) const BPF_F_LOCK: u64 = 4;

/// What the election needs of the maps.
pub struct Doorbell {
    events: RingBuf<Owned>,
    blocks: Array<Owned, BlockView>,
    roles: Array<Owned, Role>,
}

impl Doorbell {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        Ok(Self {
            events: datapath.take("EVENTS")?,
            blocks: datapath.take("BLOCKS")?,
            roles: datapath.take("ROLES")?,
        })
    }

    /// The next ring of the bell, if there is one.
    pub fn next_ring(&mut self) -> Option<RouterEvent> {
        let record = self.events.next()?;
        RouterEvent::read_from_bytes(&record).ok()
    }

    /// The truth about the router of `slot`: one system call of under a microsecond.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn block(&self, slot: u32) -> Result<BlockView, MapError> {
        self.blocks.get(&slot, BPF_F_LOCK)
    }

    /// Publishes what the router of `slot` is, and which bell has been heard.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn set_role(&mut self, slot: u32, role: Role) -> Result<(), MapError> {
        self.roles.set(slot, role, 0)
    }
}

impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

/// Rejections and foreign claims, sampled.
pub struct Alerts(AsyncFd<RingBuf<Owned>>);

impl Alerts {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        let ring = datapath.take("ALERTS")?;
        readable(ring)
            .map(Self)
            .map_err(|error| DatapathError::Refused(error.to_string()))
    }

    /// Waits until there are some, and takes at most `limit` of them.
    ///
    /// # Errors
    ///
    /// When the ring is out of reach.
    pub async fn next_alerts(&mut self, limit: usize) -> std::io::Result<Vec<Alert>> {
        let mut guard = self.0.readable_mut().await?;
        let ring = guard.get_inner_mut();
        let mut alerts = Vec::new();
        while alerts.len() < limit
            && let Some(record) = ring.next()
        {
            alerts.extend(Alert::read_from_bytes(&record).ok());
        }
        if alerts.len() < limit {
            guard.clear_ready();
        }
        Ok(alerts)
    }
}

/// Lines of the program, on their way into the log.
pub struct KernelLog(AsyncFd<EbpfLogger<&'static dyn log::Log>>);

impl KernelLog {
    pub(super) fn new(ebpf: &mut Ebpf) -> Result<Self, DatapathError> {
        let refused = |error: &dyn std::error::Error| DatapathError::Refused(error.to_string());
        let logger = EbpfLogger::init(ebpf).map_err(|error| refused(&error))?;
        readable(logger).map(Self).map_err(|error| refused(&error))
    }

    /// Waits for lines and logs them, until the ring is out of reach.
    pub async fn run(mut self) {
        while let Ok(mut guard) = self.0.readable_mut().await {
            guard.get_inner_mut().flush();
            guard.clear_ready();
        }
    }
}
