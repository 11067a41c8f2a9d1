//! Frames that the program rejects, for whoever wants to see them.

use std::io;

use aya::maps::{Array, MapError, PerCpuArray, RingBuf};
use tokio::io::unix::AsyncFd;
use vrrp_ebpf::abi::{CAPTURE_NOTHING, CaptureLosses, CaptureSwitch, CapturedFrame};
use zerocopy::FromBytes as _;

use super::{Datapath, DatapathError, Owned};
use crate::system::readable::readable;

/// The ring of frames and its switch. Off when dropped, as it is from the beginning.
pub struct Capture {
    ring: AsyncFd<RingBuf<Owned>>,
    switch: Array<Owned, CaptureSwitch>,
    losses: PerCpuArray<Owned, CaptureLosses>,
}

impl Capture {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        let ring = datapath.take("CAPTURE")?;
        Ok(Self {
            ring: readable(ring).map_err(|error| DatapathError::Refused(error.to_string()))?,
            switch: datapath.take("CAPTURE_SWITCH")?,
            losses: datapath.take("CAPTURE_LOST")?,
        })
    }

    /// From now on frames up to `level` are copied: `CAPTURE_NOTHING`, `CAPTURE_REJECTED` or `CAPTURE_ACCEPTED`. What was copied before
    /// is forgotten.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn set_level(&mut self, level: u32) -> Result<(), MapError> {
        let set = self.switch.set(0, CaptureSwitch { level }, 0);
        while self.ring.get_mut().next().is_some() {}
        set
    }

    /// Waits until there are some, and takes at most `limit` of them.
    ///
    /// # Errors
    ///
    /// When the ring is out of reach.
    pub async fn next_frames(&mut self, limit: usize) -> io::Result<Vec<CapturedFrame>> {
        let mut guard = self.ring.readable_mut().await?;
        let ring = guard.get_inner_mut();
        let mut frames = Vec::new();
        while frames.len() < limit
            && let Some(record) = ring.next()
        {
            frames.extend(CapturedFrame::read_from_bytes(&record).ok());
        }
        if frames.len() < limit {
            guard.clear_ready();
        }
        Ok(frames)
    }

    /// Frames that the ring had no room for since the program was loaded.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn losses(&self) -> Result<u64, MapError> {
        let on_each = self.losses.get(&0, 0)?;
        Ok(on_each.iter().map(|losses| losses.frames).sum())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.set_level(CAPTURE_NOTHING).ok();
    }
}
