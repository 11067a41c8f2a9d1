//! The maps, and the map-side `unsafe`: what each is stands in `abi`.

use aya_ebpf::{
    bindings::bpf_spin_lock,
    btf_maps::{Array, HashMap, PerCpuArray, RingBuf},
    helpers::generated::{bpf_spin_lock as lock, bpf_spin_unlock as unlock},
    macros::btf_map,
    maps::ring_buf::RingBufEntry,
};
use vrrp_ebpf::{
    abi::{
        ALERTS_BYTES, AdvertRecord, Alert, BlockView, Bucket, CAPTURE_BYTES, CAPTURE_NOTHING,
        CaptureLosses, CaptureSwitch, CapturedFrame, Counters, EVENTS_BYTES, ForReason,
        MAX_BUCKETS, MAX_PEERS, MAX_PORTS, MAX_ROUTERS, MAX_VIPS, PeerEntry, PeerKey, Port,
        REASON_COUNT, Reason, Role, RouterEntry, RouterEvent, RouterKey, VipEntry, VipKey,
    },
    verdict::{Accepted, Kind, Tables},
};

#[btf_map]
static PORTS: HashMap<u32, Port, MAX_PORTS> = HashMap::new();
#[btf_map]
static ROUTERS: HashMap<RouterKey, RouterEntry, MAX_ROUTERS> = HashMap::new();
#[btf_map]
static PEERS: HashMap<PeerKey, PeerEntry, MAX_PEERS> = HashMap::new();
#[btf_map]
static ROLES: Array<Role, MAX_ROUTERS> = Array::new();
#[btf_map]
static VIPS: HashMap<VipKey, VipEntry, MAX_VIPS> = HashMap::new();
#[btf_map]
static BLOCKS: Array<RouterBlock, MAX_ROUTERS> = Array::new();
#[btf_map]
static COUNTERS: PerCpuArray<Counters, MAX_PORTS> = PerCpuArray::new();
#[btf_map]
static BUCKETS: Array<Bucket, MAX_BUCKETS> = Array::new();
#[btf_map]
static EVENTS: RingBuf<RouterEvent, EVENTS_BYTES> = RingBuf::new();
#[btf_map]
static ALERTS: RingBuf<Alert, ALERTS_BYTES> = RingBuf::new();
#[btf_map]
static CAPTURE_SWITCH: Array<CaptureSwitch, 1> = Array::new();
#[btf_map]
static CAPTURE: RingBuf<CapturedFrame, CAPTURE_BYTES> = RingBuf::new();
#[btf_map]
static CAPTURE_LOST: PerCpuArray<CaptureLosses, 1> = PerCpuArray::new();

/// `REASON_COUNT` as the index of an array map has it.
#[expect(clippy::cast_possible_truncation, reason = "a few dozen")]
const BUCKETS_OF_ONE: u32 = REASON_COUNT as u32;

/// A `BlockView` whose first field is the lock that the kernel looks for by its type. First, because the verifier lets programs without
/// `CAP_PERFMON` compute no pointer to a lock, but hands them one to the value.
#[repr(C)]
struct RouterBlock {
    lock: bpf_spin_lock,
    rejected: u32,
    accepted: u64,
    news: u64,
    bell: u64,
    refreshing: AdvertRecord,
    lower: AdvertRecord,
    released: AdvertRecord,
}
const _: () = assert!(size_of::<RouterBlock>() == size_of::<BlockView>());
impl RouterBlock {
    /// Writes `advert` as the last of its kind, and returns the one before.
    ///
    /// By masks over all three records: choosing a pointer to one of them is arithmetic that the verifier refuses to programs without
    /// `CAP_PERFMON`.
    #[inline(always)]
    fn replace_last(&mut self, kind: Kind, advert: AdvertRecord) -> AdvertRecord {
        let mut last = AdvertRecord::default();
        for (record, its_kind) in [
            (&mut self.refreshing, Kind::Refreshing),
            (&mut self.lower, Kind::Lower),
            (&mut self.released, Kind::Release),
        ] {
            let mask = kind.mask(its_kind);
            last = record.or(last, mask);
            *record = advert.or(*record, mask);
        }
        last
    }
}

/// What the recording of an advertisement asks for.
pub(crate) enum Recorded {
    /// Nothing: it said nothing new, or a record is under way already.
    Quietly,
    /// Ring the bell with this number.
    Ring(u64),
    /// There is no block for the router.
    BlockMissing,
}

/// The interface a frame came in on, if it is one of ours.
#[inline(always)]
pub(crate) fn port(ifindex: u32) -> Option<Port> {
    // SAFETY: the value is copied out at once; the controller replaces it only as a whole element.
    unsafe { PORTS.get(ifindex) }.copied()
}

/// The controller's tables as the kernel holds them.
pub(crate) struct KernelTables;

impl Tables for KernelTables {
    #[inline(always)]
    fn router(&self, key: &RouterKey) -> Option<RouterEntry> {
        // SAFETY: as in `port`.
        unsafe { ROUTERS.get(key) }.copied()
    }

    #[inline(always)]
    fn peer(&self, key: &PeerKey) -> Option<PeerEntry> {
        // SAFETY: as in `port`.
        unsafe { PEERS.get(key) }.copied()
    }

    #[inline(always)]
    fn role(&self, slot: u32) -> Role {
        ROLES.get(slot).copied().unwrap_or_default()
    }

    #[inline(always)]
    fn vip(&self, key: &VipKey) -> Option<VipEntry> {
        // SAFETY: as in `port`.
        unsafe { VIPS.get(key) }.copied()
    }
}

/// Counts one more of `reason` on `port`.
#[inline(always)]
pub(crate) fn count(port: u16, reason: Reason) {
    reason.name_to(Counting(port.into()));
}

/// Counts on a port.
struct Counting(u32);

impl ForReason for Counting {
    #[inline(always)]
    fn call<const REASON: usize>(self) {
        count_one::<REASON>(self.0);
    }
}

/// A function for each reason, with the place of its counter as a constant. Of a place that is computed, a program without `CAP_PERFMON` may
/// read only under a mask, and from the first one on the verifier takes no two numbers for alike: it then walks through twenty times as many
/// states, two thirds of what it is ready to.
#[inline(never)]
fn count_one<const REASON: usize>(port: u32) {
    const { assert!(REASON < REASON_COUNT) };
    if let Some(counters) = COUNTERS.get_ptr_mut(port) {
        // SAFETY: a per-CPU element is this processor's alone, and XDP does not interrupt itself. `Counters` is `REASON_COUNT` integers.
        unsafe { *counters.cast::<u64>().add(REASON) += 1 };
    }
}

/// Takes a token for an alert of `reason` about the router of a slot, or a port.
#[inline(always)]
pub(crate) fn may_alert(slot_or_port: u32, reason: Reason, now_ns: u64) -> bool {
    let index = slot_or_port * BUCKETS_OF_ONE + reason as u32;
    let Some(bucket) = BUCKETS.get_ptr_mut(index) else {
        return false;
    };
    // SAFETY: array elements live as long as the map. Two processors may race on the one integer inside; `Bucket::take` says
    // why that does no harm.
    unsafe { &mut *bucket }.take(now_ns)
}

/// Counts a rejected advertisement in its router's block.
#[inline(always)]
pub(crate) fn record_rejection(slot: u32) {
    if let Some(block) = BLOCKS.get_ptr_mut(slot) {
        // SAFETY: array elements live as long as the map; the field is written under the element's own lock.
        unsafe {
            lock(&raw mut (*block).lock);
            (*block).rejected = (*block).rejected.wrapping_add(1);
            unlock(&raw mut (*block).lock);
        }
    }
}

/// Writes an accepted advertisement into its router's block, and says whether the bell is to ring.
///
/// At most one record per router is in flight: the bell rings only when the controller has acknowledged the last one. The
/// controller acknowledges first and reads the block (under the lock) second, so what is written here before it reads is
/// seen, and what is written after finds the acknowledgement.
#[inline(always)]
pub(crate) fn record(accepted: &Accepted, role: &Role, now_ns: u64) -> Recorded {
    let Some(block) = BLOCKS.get_ptr_mut(accepted.slot) else {
        return Recorded::BlockMissing;
    };
    let Some(cell) = ROLES.get_ptr(accepted.slot) else {
        return Recorded::BlockMissing;
    };
    let kind = accepted.kind(role);
    let mut advert = accepted.record;
    advert.time_ns = now_ns;
    let mut ring = 0;
    // SAFETY: array elements live as long as their maps. The block is written under its own lock, without a call in
    // between; the controller's cell is read as one aligned integer.
    unsafe {
        let block = &mut *block;
        lock(&raw mut block.lock);
        let is_news = accepted.is_news(role, &block.replace_last(kind, advert));
        block.accepted += 1;
        if kind == Kind::Refreshing {
            block.rejected = 0;
        }
        if is_news {
            block.news += 1;
            if block.bell == core::ptr::read_volatile(&raw const (*cell).acknowledged) {
                block.bell = block.news;
                ring = block.news;
            }
        }
        unlock(&raw mut block.lock);
    }
    if ring == 0 {
        Recorded::Quietly
    } else {
        Recorded::Ring(ring)
    }
}

/// Rings the doorbell; `false` when the ring is full, which only delays the controller: the block has it.
#[inline(always)]
pub(crate) fn ring(event: &RouterEvent) -> bool {
    EVENTS.output(event, 0).is_ok()
}

/// Hands an alert to the controller; `false` when the ring is full.
#[inline(always)]
pub(crate) fn alert(alert: &Alert) -> bool {
    ALERTS.output(alert, 0).is_ok()
}

/// What is captured at the moment: a level of `CAPTURE_SWITCH`.
#[inline(always)]
pub(crate) fn capture_level() -> u32 {
    CAPTURE_SWITCH
        .get(0)
        .map_or(CAPTURE_NOTHING, |switch| switch.level)
}

/// Room for a frame in the ring. When there is none, that is counted, and nothing is waited for.
#[inline(always)]
pub(crate) fn capture() -> Option<RingBufEntry<CapturedFrame>> {
    let room = CAPTURE.reserve(0);
    if room.is_none()
        && let Some(losses) = CAPTURE_LOST.get_ptr_mut(0)
    {
        // SAFETY: a per-CPU element is this processor's alone, and XDP does not interrupt itself.
        unsafe { (*losses).frames += 1 };
    }
    room
}
