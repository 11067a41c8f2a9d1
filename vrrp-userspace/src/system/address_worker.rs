//! Installs, announces and removes addresses, on a thread of its own.
//!
//! The election orders a *state* per slot (claimed or not, so many rounds of announcements), never waits and
//! never allocates; an order overwrites the one it supersedes. The worker goes round the slots one batch at
//! a time, so a slot with thousands of addresses delays neither the others nor its own release, and what is
//! in place is announced while the rest is being installed.
//!
//! What was there before us is never removed.

mod retry;
mod slot;
mod wanted;

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use rustix::fd::OwnedFd;
use tokio::{net::unix::pipe, time::timeout};
use tracing::{info, warn};
use vrrp_ebpf::abi::MAX_ROUTERS;

use self::{
    slot::{Slot, Tools, hand_over},
    wanted::Wanted,
};
use super::{
    announcer::Announcer,
    clock,
    netlink::{AddressFailure, InterfaceAddress, Netlink, Requester},
    respondent::Respondent,
};
use crate::protocol::Monotonic;

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressReport {
    /// Every address of the slot is in place.
    Installed {
        /// The slot.
        slot: usize,
        /// These were there before and will stay when the others go.
        existing_not_ours: Vec<InterfaceAddress>,
    },
    /// Some addresses of the slot are not in place; the others are.
    Failed {
        /// The slot.
        slot: usize,
        /// What is missing, and why.
        failures: Vec<AddressFailure>,
    },
    /// Every address in place was announced once more.
    Announced {
        /// The slot.
        slot: usize,
        /// So many rounds will follow.
        rounds_left: u32,
    },
    /// The addresses of the slot are gone, except those that were there before us.
    Released {
        /// The slot.
        slot: usize,
        /// What could not be removed, and why.
        failures: Vec<AddressFailure>,
    },
    /// What an assignment took away is gone; what it brought is being installed, if the slot is claimed.
    Reassigned {
        /// The slot.
        slot: usize,
        /// Of the assignment.
        edition: u64,
        /// What could not be removed, and why.
        failures: Vec<AddressFailure>,
    },
    /// The slot is nobody's any more, and has nothing left but the failures.
    Retired {
        /// The slot.
        slot: usize,
        /// Of the assignment.
        edition: u64,
        /// What could not be removed, and why.
        failures: Vec<AddressFailure>,
    },
}

/// The addresses that a slot stands for from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The slot.
    pub slot: usize,
    /// All of them; `None` retires the slot.
    pub addresses: Option<Vec<InterfaceAddress>>,
    /// The interfaces of these that are its own: up while the slot is claimed, and down otherwise.
    pub macvlans: Vec<String>,
    /// How often those that are new are announced if the slot is claimed.
    pub rounds: u32,
    /// A number that the report repeats, so that it is not taken for that of another assignment.
    pub edition: u64,
}

/// Gives orders to the worker. Never blocks, allocates or fails; clones order the same slots.
#[derive(Debug, Clone)]
pub struct AddressOrders(Arc<Wanted>);

impl AddressOrders {
    /// The addresses of `slot` should be there. Repeating it puts back what was removed behind our back.
    pub fn claim(&self, slot: usize) {
        self.0.claim(slot);
    }

    /// The addresses of `slot` should be gone.
    pub fn release(&self, slot: usize) {
        self.0.release(slot);
    }

    /// The addresses of `slot`, if claimed, should be announced `rounds` times, 255 at most. Rounds still to
    /// do are not added up.
    pub fn announce(&self, slot: usize, rounds: u32) {
        self.0.announce(slot, rounds);
    }
}

impl AddressOrders {
    /// If `slot` is claimed, puts back what was taken from it behind our back.
    pub fn restore(&self, slot: usize) {
        self.0.restore(slot);
    }

    /// Gives slots other addresses. What a slot has before and after is not touched; what it loses goes first, also before another slot of the
    /// same call gets it. Not for the election thread: this takes a lock and allocates.
    pub fn assign(&self, assignments: Vec<Assignment>) {
        self.0.assign(assignments);
    }
}

/// The worker's thread.
#[derive(Debug)]
pub struct AddressWorker {
    wanted: Arc<Wanted>,
    stopping: Arc<AtomicBool>,
    ended: mpsc::Receiver<()>,
    requester: Requester,
}

impl AddressWorker {
    /// Starts the worker in the network namespace of the calling thread.
    ///
    /// No slot stands for any address before it is [assigned](AddressOrders::assign) some. `report` is called on the worker's thread and must
    /// not block. When this returns, leftovers of an earlier run are gone; if another daemon is at work here, only those that are `configured`.
    ///
    /// # Errors
    /// When the thread or its sockets cannot be made.
    pub fn start(
        configured: Vec<InterfaceAddress>,
        is_the_only_one: bool,
        report: impl FnMut(AddressReport) + Send + 'static,
    ) -> io::Result<Self> {
        let (wanted, bell) = Wanted::new(MAX_ROUTERS)?;
        let wanted = Arc::new(wanted);
        let stopping = Arc::new(AtomicBool::new(false));
        let (began, beginning) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let respondent = Respondent::start()?;
        let office = Office {
            wanted: Arc::clone(&wanted),
            stopping: Arc::clone(&stopping),
            is_the_only_one,
            respondent,
        };
        thread::Builder::new()
            .name("addresses".into())
            .spawn(move || {
                office.run(bell, &configured, Box::new(report), &began);
                drop(end);
            })?;
        let requester = beginning.recv().map_err(io::Error::other)??;
        Ok(Self {
            wanted,
            stopping,
            ended,
            requester,
        })
    }

    /// Under what the kernel knows the worker.
    #[must_use]
    pub fn requester(&self) -> Requester {
        self.requester.clone()
    }

    /// The way to give orders.
    #[must_use]
    pub fn orders(&self) -> AddressOrders {
        AddressOrders(Arc::clone(&self.wanted))
    }

    /// Releases every slot and ends. False if that is not done after `deadline`; it then goes on for as long
    /// as the process lives.
    #[must_use]
    pub fn shutdown(self, deadline: Duration) -> bool {
        self.wanted.release_all();
        self.stopping.store(true, Ordering::Release);
        self.wanted.ring();
        self.ended.recv_timeout(deadline) == Err(mpsc::RecvTimeoutError::Disconnected)
    }
}

type Report = Box<dyn FnMut(AddressReport) + Send>;

/// What the thread shares with those who give orders.
struct Office {
    wanted: Arc<Wanted>,
    stopping: Arc<AtomicBool>,
    is_the_only_one: bool,
    respondent: Respondent,
}

impl Office {
    fn run(
        self,
        bell: OwnedFd,
        configured: &[InterfaceAddress],
        mut report: Report,
        began: &mpsc::Sender<io::Result<Requester>>,
    ) {
        let begin = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let netlink = runtime.block_on(async { Netlink::connect() })?;
            let bell = runtime.block_on(async { pipe::Receiver::from_owned_fd(bell) })?;
            let announcer = Announcer::new(netlink.clone())?;
            io::Result::Ok((runtime, netlink, announcer, bell))
        };
        let (runtime, netlink, announcer, bell) = match begin() {
            Ok(begun) => begun,
            Err(error) => return drop(began.send(Err(error))),
        };
        runtime.block_on(async {
            remove_leftovers(&netlink, configured, self.is_the_only_one).await;
            if began.send(Ok(netlink.requester())).is_err() {
                return;
            }
            if let Err(error) = self.serve(&bell, &netlink, &announcer, &mut report).await {
                warn!("the address worker hears no more orders: {error}");
            }
        });
    }

    /// Goes round the slots until nothing is left to do, then waits for the bell.
    async fn serve(
        &self,
        bell: &pipe::Receiver,
        netlink: &Netlink,
        announcer: &Announcer,
        report: &mut Report,
    ) -> io::Result<()> {
        let mut slots = BTreeMap::<usize, Slot>::new();
        loop {
            let assignments = self.wanted.take_assignments();
            let is_news = !assignments.is_empty();
            for assignment in assignments {
                let number = assignment.slot;
                let slot = slots.entry(number).or_insert_with(|| Slot::new(number));
                slot.assign(assignment);
            }
            if is_news {
                hand_over(&mut slots, &self.wanted);
                self.respondent
                    .expect(slots.values().flat_map(Slot::addresses));
            }
            let mut tools = Tools {
                netlink,
                announcer,
                respondent: &self.respondent,
                wanted: &self.wanted,
                report,
                departing: &slots.values().flat_map(Slot::departing).collect(),
                siblings: Vec::new(),
                lost: Vec::new(),
            };
            let is_busy = round(&mut slots, &mut tools).await;
            // Whoever stops removes the interfaces; they need not be switched off.
            if !is_busy
                && self.stopping.load(Ordering::Acquire)
                && slots.values().all(Slot::is_released)
            {
                return Ok(());
            }
            if is_busy || rest(&mut slots, &mut tools).await {
                continue;
            }
            slots.retain(|_, slot| !slot.is_done());
            wait(bell, slots.values().filter_map(Slot::due).min()).await?;
            // Silenced before the slots are looked at: whoever orders from here on rings again.
            bell.try_read(&mut [0; 256]).ok();
        }
    }
}

/// Has every slot do its next piece of work; false if none had any.
async fn round(slots: &mut BTreeMap<usize, Slot>, tools: &mut Tools<'_>) -> bool {
    let mut is_busy = false;
    let numbers: Vec<usize> = slots.keys().copied().collect();
    for number in numbers {
        // Taken out while it works, so that it can look at the others.
        let Some(mut slot) = slots.remove(&number) else {
            continue;
        };
        slot.take_order(tools);
        tools.siblings = slot.siblings(slots.values());
        is_busy |= slot.step(tools).await;
        slots.insert(number, slot);
        let lost = std::mem::take(&mut tools.lost);
        if !lost.is_empty() {
            slots.values_mut().for_each(|slot| slot.have_lost(&lost));
        }
    }
    is_busy
}

/// Has one slot do what can wait; false if none has anything.
async fn rest(slots: &mut BTreeMap<usize, Slot>, tools: &mut Tools<'_>) -> bool {
    for slot in slots.values_mut() {
        if slot.rest(tools).await {
            return true;
        }
    }
    false
}

/// Waits for the bell, or until something is due.
async fn wait(bell: &pipe::Receiver, due: Option<Monotonic>) -> io::Result<()> {
    match due {
        None => bell.readable().await,
        Some(due) => match timeout(due.since(clock::now()), bell.readable()).await {
            Ok(rung) => rung,
            Err(_elapsed) => Ok(()),
        },
    }
}

async fn remove_leftovers(
    netlink: &Netlink,
    configured: &[InterfaceAddress],
    is_the_only_one: bool,
) {
    match netlink.remove_leftovers(configured, is_the_only_one).await {
        Ok(removed) => {
            for address in removed {
                info!("removed {address}, left behind by an earlier run");
            }
        }
        Err(error) => warn!("leftovers of an earlier run cannot be looked for: {error}"),
    }
    let is_configured = |name: &String| configured.iter().any(|address| address.interface == *name);
    let macvlans = netlink.marked_macvlans().await.unwrap_or_default();
    let macvlans = macvlans
        .into_iter()
        .filter(|name| is_the_only_one || is_configured(name));
    match netlink.remove_macvlans(&macvlans.collect()).await {
        Ok(removed) => {
            for name in removed {
                info!("removed the interface {name}, left behind by an earlier run");
            }
        }
        Err(error) => warn!("interfaces left behind by an earlier run stay: {error}"),
    }
}

#[cfg(test)]
mod tests;
