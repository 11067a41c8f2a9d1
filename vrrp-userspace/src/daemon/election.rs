//! The election thread: owns every router, waits for the earliest deadline or an input, decides, executes.
//!
//! It takes no lock that anybody waits with, opens and closes no file and waits for nobody: what is slow sits behind the queues of the
//! [`Executor`] and the [`Inspector`]. Everything that has arrived is taken in before a silence is acted on (P1), so a late wake-up
//! costs time and never a wrong takeover. Whoever speaks does so in every turn, however much there is to take in (P5).

pub(super) mod backlog;
pub(super) mod career;
pub(super) mod chronicle;
pub(super) mod door;
pub(super) mod executor;
mod hearing;
pub(super) mod inbox;
pub(super) mod memory;
pub(super) mod punctuality;
pub(super) mod recorder;
mod router_table;
pub(super) mod snapshot;

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use vrrp_ebpf::{
    abi::{BlockView, PeerEntry, PeerKey, Role, RouterEntry, RouterKey, VipEntry, VipKey},
    verdict::{Tables, Verdict, decide_datagram, decide_message},
};

pub(super) use self::router_table::RouterTable;
use self::{
    backlog::{AT_ONCE, Backlog},
    career::Career,
    chronicle::{Chronicle, Witness},
    door::Door,
    executor::{Executor, Told, Voice},
    hearing::{Hearing, advertisement},
    inbox::{Inbox, Input, Joining},
    memory::Memory,
    punctuality::Punctuality,
    snapshot::{RouterSnapshot, Snapshot, Spoken},
};
use super::{
    control::capture::Layer,
    network::{
        inspector::{Discarded, Inspector},
        port::{Port, Question, Silence},
        tap::Tap,
    },
};
use crate::{
    config::Scheduling,
    protocol::{
        Action, Advertisement, Event, Family, Monotonic, Priority, State, SyncGroup, Transition,
        sync_group::{self, Hold},
    },
    system::{
        clock,
        datapath::Doorbell,
        raw_socket::{Buffer, Datagram},
        scheduling::{run_in_real_time, run_on, stay_in_memory},
    },
};

/// Datagrams taken from one socket before the others have their turn: more than its buffer holds, so that what had arrived before a deadline
/// has been heard.
const DATAGRAMS_AT_ONCE: usize = 4096;

/// How often a router that speaks reads what the program wrote about it, although nothing rang.
const LOOKS_AFTER: Duration = Duration::from_millis(100);

/// The real-time priority of the elections, unless the configuration says otherwise: before everything that has none, and after whatever an
/// administrator has thought of. Only where floods end in the program: on a raw socket one would keep the thread busy, and with real-time
/// priority the processor from everybody else.
const REAL_TIME: u8 = 10;

/// A router with everything that belongs to it here.
pub(super) struct Seat {
    pub(super) door: Door,
    career: Career,
    hearing: Hearing,
    /// The port it listens on.
    port: u16,
    published: Role,
    /// When its block was last read before a deadline was kept.
    consulted: Monotonic,
    /// The deadline as what the block told since the router was last told anything has moved it. What is no news is no event.
    moved: Option<Monotonic>,
}

impl Seat {
    /// A seat whose block in the kernel is `block`: what it says so far is acknowledged.
    fn new(door: Door, port: u16, block: &BlockView) -> Self {
        Self {
            door,
            career: Career::begun(clock::now()),
            hearing: Hearing::after(block),
            consulted: Monotonic::default(),
            moved: None,
            port,
            published: Role {
                acknowledged: block.bell,
                ..Role::default()
            },
        }
    }

    /// The moment to come back to its router.
    fn deadline(&self) -> Option<Monotonic> {
        self.moved.or_else(|| self.door.deadline())
    }

    fn role(&self) -> Role {
        let router = self.door.router();
        Role {
            threshold: router.threshold().get(),
            is_active: u8::from(router.state() == State::Active),
            ..self.published
        }
    }

    /// What its router is doing, and has `spoken`.
    fn snapshot(&self, slot: usize, spoken: Spoken) -> RouterSnapshot {
        let router = self.door.router();
        RouterSnapshot {
            slot,
            state: router.state(),
            career: self.career.clone(),
            priority: router.priority(),
            active_router: router.active_router(),
            heard: self.hearing.heard(),
            spoken,
        }
    }
}

/// The election, before and while it runs.
pub(super) struct Election {
    /// By slot.
    pub(super) seats: BTreeMap<usize, Seat>,
    pub(super) routers: RouterTable,
    /// Who is Active together.
    pub(super) groups: Vec<SyncGroup>,
    pub(super) ports: Vec<Port>,
    pub(super) doorbell: Option<Doorbell>,
    pub(super) executor: Executor,
    pub(super) inbox: Inbox,
    pub(super) backlog: Backlog,
    pub(super) inspector: Inspector,
    /// What the inspector has had no room for yet.
    pub(super) discarded: Discarded,
    pub(super) punctuality: Punctuality,
    /// For whoever captures.
    pub(super) tap: Arc<Tap>,
    pub(super) memory: Memory,
}

impl Election {
    /// Runs until it is told to stop, and every router has said goodbye.
    pub(super) fn run(mut self) {
        let mut buffer = Buffer::default();
        loop {
            let deadline = self.wait();
            let woken = clock::now();
            self.punctuality.woke(deadline, woken);
            let goes_on = self.take_inputs(woken);
            // Deadlines are judged by this moment: what had arrived until then is heard before they are.
            let heard = clock::now();
            self.hear_doorbell();
            self.hear_raw(&mut buffer);
            if !goes_on {
                return self.stop();
            }
            self.keep_deadlines(heard);
            self.inspector.take_away(&mut self.discarded);
        }
    }

    /// Waits for the earliest deadline, which it returns, or an input; not if one was left.
    fn wait(&self) -> Option<Monotonic> {
        let now = clock::now();
        let deadlines = self
            .seats
            .values()
            .filter(|seat| !self.awaits_inspection(seat, now));
        let deadline = deadlines.filter_map(Seat::deadline).min();
        let timeout = if self.backlog.may_be_left() {
            Some(Timespec::default())
        } else {
            deadline.map(|deadline| timespec(deadline, now))
        };
        let mut watched = vec![PollFd::new(&self.inbox, PollFlags::IN)];
        watched.extend(
            self.doorbell
                .iter()
                .map(|bell| PollFd::new(bell, PollFlags::IN)),
        );
        watched.extend(
            self.ports
                .iter()
                .flat_map(|port| &port.ears)
                .map(|ear| PollFd::new(ear, PollFlags::IN)),
        );
        match poll(&mut watched, timeout.as_ref()) {
            // Interrupted or not: whatever woke us is looked for, and if it was nothing, we come back.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => tracing::error!("the election cannot wait for its inputs: {error}"),
        }
        deadline
    }

    /// Takes what waits in the inbox, or as much of it as a turn may. `false` when it is time to stop.
    fn take_inputs(&mut self, woken: Monotonic) -> bool {
        self.inbox.silence();
        let mut count = 0;
        while count < AT_ONCE
            && let Some(input) = self.inbox.next_input()
        {
            count += 1;
            if !self.take(input) {
                return false;
            }
        }
        self.backlog.took(count, woken);
        true
    }

    /// Takes one input. `false` when it is time to stop.
    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Event { slot, event } => self.give(slot, event),
            Input::Seat(joining) => self.seat(*joining),
            Input::Unseat { slot, done } => {
                self.unseat(slot);
                done.send(()).ok();
            }
            Input::Change {
                slot,
                settings,
                template,
                terms,
            } => {
                if let Some(terms) = terms {
                    self.routers.set(*terms);
                }
                if let Some(voice) = self.executor.voices.get_mut(&slot) {
                    voice.template = *template;
                }
                self.give(slot, Event::SettingsChanged(settings));
            }
            Input::SpeakFrom {
                slot,
                sender,
                terms,
            } => {
                self.routers.set(*terms);
                let source = sender.source();
                let voice = self.executor.voices.get_mut(&slot);
                let old = match voice {
                    Some(voice) => voice.from.replace(sender),
                    None => Some(sender),
                };
                if let Some(sender) = old {
                    self.discarded.push(Box::new(sender));
                }
                self.give(slot, Event::PrimaryAddressObserved(source));
            }
            Input::Group(groups) => {
                self.groups = groups;
                self.reconcile_groups();
            }
            Input::Listen(port) => {
                self.deafen(port.number);
                self.ports.push(*port);
            }
            Input::HearAlso { port, ear } => {
                let before = match self.port(port) {
                    Some(port) => port.hear_also(ear),
                    None => Some(ear),
                };
                if let Some(ear) = before {
                    self.discarded.push(Box::new(ear));
                }
            }
            Input::Deafen(number) => self.deafen(number),
            Input::Hear { port, hearing } => {
                if let Some(port) = self.port(port) {
                    port.set_hearing(hearing);
                }
            }
            Input::Deaf { port, is_deaf } => {
                if let Some(port) = self.port(port) {
                    port.set_deaf(is_deaf);
                }
            }
            Input::Inspected {
                port,
                at,
                is_attached,
            } => {
                if let Some(port) = self.port(port) {
                    port.inspected(at, is_attached);
                }
            }
            Input::Record(answer) => {
                let recordings = self.memory.with(|memory| memory.recordings());
                answer.send(recordings).ok();
            }
            Input::Look(answer) => drop(answer.send(self.snapshot())),
            Input::Remember(answer) => {
                let past = self.memory.with(|memory| memory.past(clock::now()));
                drop(answer.send(past));
            }
            Input::Stop => return false,
        }
        true
    }

    /// Listens no more on the port of this number. Its socket is not closed here: it has joined a group, and to leave that waits for the
    /// kernel's lock of the routing tables.
    fn deafen(&mut self, number: u16) {
        let gone = self.ports.extract_if(.., |port| port.number == number);
        self.discarded
            .extend(gone.map(|port| -> Box<dyn Send> { Box::new(port) }));
    }

    /// What every router is doing: a copy of a few words each.
    fn snapshot(&self) -> Snapshot {
        let spoken = |slot| {
            let voice = self.executor.voices.get(slot);
            voice.map(|voice| voice.spoken).unwrap_or_default()
        };
        let seats = self.seats.iter();
        Snapshot {
            at: clock::now(),
            routers: seats
                .map(|(slot, seat)| seat.snapshot(*slot, spoken(slot)))
                .collect(),
            punctuality: self.punctuality,
        }
    }

    fn seat(&mut self, joining: Joining) {
        let Joining {
            slot,
            router,
            template,
            port,
        } = joining;
        let block = self.block(slot).unwrap_or_default();
        let voice = self.executor.voices.insert(slot, Voice::new(template));
        self.discard_voice(voice);
        let door = Door::new(slot, router, self.memory.clone());
        self.seats.insert(slot, Seat::new(door, port, &block));
        self.publish_always(slot);
    }

    fn unseat(&mut self, slot: usize) {
        self.give(slot, Event::Removed);
        self.seats.remove(&slot);
        self.memory.with(|memory| memory.unseat(slot));
        let voice = self.executor.voices.remove(&slot);
        self.discard_voice(voice);
        if let Ok(slot) = u32::try_from(slot) {
            self.routers.forget(slot);
        }
    }

    fn discard_voice(&mut self, voice: Option<Voice>) {
        if let Some(sender) = voice.and_then(|voice| voice.from) {
            self.discarded.push(Box::new(sender));
        }
    }

    /// The slots that are taken, for whoever changes a seat while he goes round.
    fn slots(&self) -> Vec<usize> {
        self.seats.keys().copied().collect()
    }

    /// Takes the block of every router whose bell rang in. At most one record per router is in flight, so one round for each is enough; who
    /// rings again meanwhile is heard in the next. One more for the bell of a router that has left.
    fn hear_doorbell(&mut self) {
        for _ in 0..=self.seats.len() {
            let Some(event) = self.doorbell.as_mut().and_then(Doorbell::next_ring) else {
                return;
            };
            self.take_block_in(event.slot as usize, Hearing::told);
        }
    }

    /// Acknowledges the bell and gives the router what its block tells.
    fn take_block_in(
        &mut self,
        slot: usize,
        how: fn(&mut Hearing, &BlockView) -> Vec<Advertisement>,
    ) {
        let Some(block) = self.acknowledged_block(slot) else {
            return;
        };
        let Some(seat) = self.seats.get_mut(&slot) else {
            return;
        };
        for advertisement in how(&mut seat.hearing, &block) {
            self.give(slot, Event::AdvertisementReceived(advertisement));
        }
    }

    /// The block, read after its bell was acknowledged: what the program writes from then on rings again. Also if the ring had refused the
    /// record, so that a bell nobody heard does not stay silent.
    fn acknowledged_block(&mut self, slot: usize) -> Option<BlockView> {
        let block = self.block(slot)?;
        let seat = self.seats.get_mut(&slot)?;
        if seat.published.acknowledged == block.bell {
            return Some(block);
        }
        seat.published.acknowledged = block.bell;
        self.publish_always(slot);
        self.block(slot)
    }

    /// What the program has written about the router of `slot`.
    fn block(&self, slot: usize) -> Option<BlockView> {
        let index = u32::try_from(slot).ok()?;
        self.doorbell.as_ref()?.block(index).ok()
    }

    /// Judges what came by the raw sockets.
    fn hear_raw(&mut self, buffer: &mut Buffer) {
        for index in 0..self.ports.len() {
            let ears = self.ports.get(index).map_or(0, |port| port.ears.len());
            for ear in 0..ears {
                let mut count = 0;
                while count < DATAGRAMS_AT_ONCE && self.hear_one(index, ear, count, buffer) {
                    count += 1;
                }
            }
        }
    }

    /// Judges the next datagram of an ear of a port; `false` when there is none. It is the `count`-th of this turn.
    fn hear_one(&mut self, port: usize, ear: usize, count: usize, buffer: &mut Buffer) -> bool {
        let Some(port) = self.ports.get_mut(port) else {
            return false;
        };
        let number = port.number;
        let received = port.ears.get_mut(ear).map(|ear| ear.receive(buffer));
        let Some(Ok(Some(datagram))) = received else {
            return false;
        };
        if count == 0 {
            // Before the first is judged: what it says is then later than what was lost.
            port.count_losses();
        }
        let tables = RawTables {
            routers: &self.routers,
            seats: &self.seats,
        };
        let verdict = match datagram {
            Datagram::Ipv4(bytes) => decide_datagram(bytes, number, &tables),
            Datagram::Ipv6(ip, message) => decide_message(message, ip, number, &tables),
        };
        port.judged(&verdict);
        if self.tap.is_open() {
            self.tap
                .offer(number, Layer::Ip, &datagram.bytes(), &verdict);
        }
        self.judged(number, verdict);
        true
    }

    fn judged(&mut self, port: u16, verdict: Verdict) {
        let now = clock::now();
        match verdict {
            Verdict::Accept(accepted) => {
                let slot = accepted.slot as usize;
                let mut record = accepted.record;
                record.time_ns = now.as_nanos();
                if let Some(seat) = self.seats.get_mut(&slot) {
                    seat.hearing.heard_raw(&record, seat.published.threshold);
                }
                self.give(slot, Event::AdvertisementReceived(advertisement(&record)));
            }
            Verdict::Reject {
                reason,
                slot,
                family,
                source,
            } => {
                if let Some(seat) = self.seats.get_mut(&(slot as usize)) {
                    seat.hearing.rejected_raw();
                }
                // A flood must not push transitions out of the queue.
                let port = self.port(port);
                if port.is_some_and(|port| port.may_tell(slot, reason, now)) {
                    let source = Family::of_key(family).read(source);
                    let rejected = Told::Rejected { reason, source };
                    self.executor.tell(slot as usize, now, rejected);
                }
            }
            Verdict::Ignore | Verdict::Pass(_) | Verdict::Claim(_) => {}
        }
    }

    /// Acts on the deadlines that had come by `heard`, after asking the data path what it heard meanwhile. Those at which a silence is judged
    /// must have come before anything that still waits in the inbox: that may explain the silence.
    fn keep_deadlines(&mut self, heard: Monotonic) {
        let slots = self.slots();
        let judges = |slot: &usize| self.state_of(*slot) == Some(State::Backup);
        if slots
            .iter()
            .any(|slot| judges(slot) && self.is_due(*slot, heard))
        {
            slots.iter().for_each(|slot| self.sleep_on(*slot));
        }
        for slot in slots {
            if !self.is_due(slot, heard) {
                continue;
            }
            if self.is_to_consult(slot, heard) {
                self.take_block_in(slot, Hearing::consulted);
            }
            // What the block told may have moved the deadline.
            if self.is_held_back(slot, heard) {
                continue;
            }
            if self.is_due(slot, heard)
                && let Some(was_listening) = self.was_listening(slot)
            {
                let evidence = self
                    .seats
                    .get(&slot)
                    .map(|seat| seat.hearing.evidence(was_listening));
                let before = self.state_of(slot);
                self.give(slot, Event::DeadlineReached(evidence.unwrap_or_default()));
                // What arrived before the program knew of our promotion was no news to it.
                if self.state_of(slot) != before {
                    self.take_block_in(slot, Hearing::told);
                }
            }
        }
    }

    /// Moves the deadline of a Backup that has heard what it knows. That is done for all when it is for one, so that they come back together:
    /// a link full of routers costs a wake-up for each down interval, and not one for each of them.
    fn sleep_on(&mut self, slot: usize) {
        let judges = self.seats.get(&slot).is_some_and(|seat| {
            let router = seat.door.router();
            router.silent_since().is_some()
        });
        if !judges {
            return;
        }
        let Some(block) = self.block(slot) else {
            return;
        };
        let Some(seat) = self.seats.get_mut(&slot) else {
            return;
        };
        if let Some(at) = seat.hearing.heard_again(&block) {
            seat.moved = seat.door.router().takes_over_if_heard_again(at);
        }
    }

    /// Whether the block is read before the deadline of `slot` is kept: always by a Backup, whose deadline is about what it heard. Whoever
    /// speaks, in time, is rung for by whatever arrives, and looks after that as often as is worth the call.
    fn is_to_consult(&mut self, slot: usize, heard: Monotonic) -> bool {
        let Some(seat) = self.seats.get_mut(&slot) else {
            return false;
        };
        let router = seat.door.router();
        let interval = router.settings().advertisement_interval;
        let is_late = seat
            .door
            .deadline()
            .is_some_and(|deadline| heard.since(deadline) > interval);
        let speaks = router.silent_since().is_none() && !is_late;
        if speaks && heard.since(seat.consulted) < LOOKS_AFTER {
            return false;
        }
        seat.consulted = heard;
        true
    }

    fn state_of(&self, slot: usize) -> Option<State> {
        let seat = self.seats.get(&slot);
        seat.map(|seat| seat.door.router().state())
    }

    fn is_due(&self, slot: usize, heard: Monotonic) -> bool {
        self.seats.get(&slot).is_some_and(|seat| {
            let router = seat.door.router();
            let judges = router.silent_since().is_some();
            let until = if judges {
                self.backlog.complete()
            } else {
                heard
            };
            seat.deadline().is_some_and(|deadline| deadline <= until)
        })
    }

    /// Whether the silence that the router of `slot` is about to judge was heard as one; `None` until the answer has come.
    fn was_listening(&mut self, slot: usize) -> Option<bool> {
        let seat = self.seats.get(&slot)?;
        let until = seat.door.deadline()?;
        let Some(since) = seat.door.router().silent_since() else {
            // The deadline of an Active Router is about speaking; nobody's silence is judged.
            return Some(true);
        };
        let number = seat.port;
        let port = self.ports.iter_mut().find(|port| port.number == number);
        let Some(port) = port else {
            return Some(false);
        };
        let silence = Question { slot, since, until };
        match port.is_silent(&silence, &self.inspector) {
            Silence::Proven => Some(true),
            Silence::NotProven => Some(false),
            Silence::Asked => None,
        }
    }

    /// Whether a router's deadline has come by `now` and only the inspector's answer has not.
    fn awaits_inspection(&self, seat: &Seat, now: Monotonic) -> bool {
        let has_come = seat.deadline().is_some_and(|deadline| deadline <= now);
        has_come
            && seat.door.router().state() == State::Backup
            && self
                .ports
                .iter()
                .any(|port| port.number == seat.port && port.is_asked())
    }

    fn port(&mut self, number: u16) -> Option<&mut Port> {
        self.ports.iter_mut().find(|port| port.number == number)
    }

    /// Whether the router of `slot` would take over by `heard` and a member of its group hears somebody; then it is told so. What the others have heard is
    /// taken in first: before anybody takes over because of it, or they do with him.
    fn is_held_back(&mut self, slot: usize, heard: Monotonic) -> bool {
        let is_taking_over = |election: &Self| {
            let seat = election.seats.get(&slot);
            seat.is_some_and(|seat| seat.door.router().is_taking_over(heard))
        };
        let Some(group) = self.group_of(slot) else {
            return false;
        };
        if !is_taking_over(self) {
            return false;
        }
        let others: Vec<usize> = group.others(slot).collect();
        for other in &others {
            self.take_block_in(*other, Hearing::consulted);
        }
        let router = |slot: &usize| self.seats.get(slot).map(|seat| seat.door.router());
        let Some(member) = router(&slot) else {
            return false;
        };
        let others: Vec<_> = others.iter().filter_map(router).collect();
        let Some(Hold { by, until, hears }) = sync_group::hold(member, &others, heard) else {
            return false;
        };
        // What the others heard may have changed everything.
        if is_taking_over(self) {
            self.give(slot, Event::HeldBack { by, until, hears });
        }
        true
    }

    fn group_of(&self, slot: usize) -> Option<&SyncGroup> {
        let mut groups = self.groups.iter();
        groups.find(|group| group.members.contains(&slot))
    }

    /// Has the other members follow.
    fn follow(&mut self, slot: usize, transition: &Transition) {
        let Some(group) = self.group_of(slot) else {
            return;
        };
        let Some(seat) = self.seats.get(&slot) else {
            return;
        };
        let name = &seat.door.router().settings().name;
        let Some(event) = group.consequence(name, transition) else {
            return;
        };
        let others: Vec<usize> = group.others(slot).collect();
        for other in others {
            self.give(other, event.clone());
        }
    }

    /// Groups have been made or changed: their members may be at odds.
    fn reconcile_groups(&mut self) {
        let now = clock::now();
        for slot in self.slots() {
            self.take_block_in(slot, Hearing::consulted);
        }
        let member = |slot: usize| self.seats.get(&slot).map(|seat| seat.door.router());
        let events: Vec<_> = self
            .groups
            .iter()
            .flat_map(|group| sync_group::reconcile(group, member, now))
            .collect();
        for (slot, event) in events {
            self.give(slot, event);
        }
    }

    /// Gives an event to a router, does what it says, and publishes what it has become.
    fn give(&mut self, slot: usize, event: Event) {
        let now = clock::now();
        let Some(seat) = self.seats.get_mut(&slot) else {
            return;
        };
        seat.moved = None;
        let mut transitions = Vec::new();
        for action in seat.door.handle(event, now) {
            if let Some(seat) = self.seats.get_mut(&slot) {
                seat.career.note(&action, now);
            }
            let turned = self.turn_in(slot, &action);
            let spoken = spoken_in(&action);
            if let Action::ReportTransition(transition) = &action {
                transitions.push(transition.clone());
            }
            self.executor.execute(slot, action, now);
            if let Some((transition, witness)) = turned {
                self.remember(slot, |chronicle| {
                    chronicle.turned(transition, witness, now);
                });
            }
            if let Some(priority) = spoken {
                self.remember_advertisement(slot, priority, now);
            }
        }
        self.publish(slot);
        for transition in transitions {
            self.follow(slot, &transition);
        }
    }

    /// The transition in `action`, and what the program knows at that moment.
    fn turn_in(&self, slot: usize, action: &Action) -> Option<(Transition, Option<Witness>)> {
        let Action::ReportTransition(transition) = action else {
            return None;
        };
        let seat = self.seats.get(&slot)?;
        let witness = self.block(slot).map(|block| seat.hearing.witness(&block));
        Some((transition.clone(), witness))
    }

    fn remember_advertisement(&self, slot: usize, priority: Priority, now: Monotonic) {
        let (Some(seat), Some(voice)) = (self.seats.get(&slot), self.executor.voices.get(&slot))
        else {
            return;
        };
        let interval = seat.door.router().settings().advertisement_interval;
        let is_sent = !voice.spoken.is_mute;
        self.remember(slot, |chronicle| {
            chronicle.spoke(priority, interval, is_sent, now);
        });
    }

    fn remember(&self, slot: usize, note: impl FnOnce(&mut Chronicle)) {
        self.memory.with(|memory| {
            if let Some(chronicle) = memory.chronicle(slot) {
                note(chronicle);
            }
        });
    }

    /// Tells the program what the router is, if that has changed.
    fn publish(&mut self, slot: usize) {
        let has_changed = self
            .seats
            .get(&slot)
            .is_some_and(|seat| seat.role() != seat.published);
        if has_changed {
            self.publish_always(slot);
        }
    }

    fn publish_always(&mut self, slot: usize) {
        let Some(seat) = self.seats.get_mut(&slot) else {
            return;
        };
        seat.published = seat.role();
        let (Some(doorbell), Ok(index)) = (&mut self.doorbell, u32::try_from(slot)) else {
            return;
        };
        if let Err(error) = doorbell.set_role(index, seat.published) {
            tracing::error!("the role of slot {slot} could not be published: {error}");
        }
    }

    fn stop(&mut self) {
        for slot in self.slots() {
            self.give(slot, Event::Shutdown);
        }
    }
}

/// The priority that `action` advertises.
const fn spoken_in(action: &Action) -> Option<Priority> {
    match action {
        Action::SendAdvertisement { priority } => Some(*priority),
        Action::ClaimAddresses
        | Action::ReleaseAddresses
        | Action::AnnounceAddresses { .. }
        | Action::ReportTransition(_)
        | Action::Note(_) => None,
    }
}

/// The tables as the raw path sees them.
struct RawTables<'a> {
    routers: &'a RouterTable,
    seats: &'a BTreeMap<usize, Seat>,
}

impl Tables for RawTables<'_> {
    fn router(&self, key: &RouterKey) -> Option<RouterEntry> {
        self.routers.router(key)
    }

    fn peer(&self, key: &PeerKey) -> Option<PeerEntry> {
        self.routers.peer(key)
    }

    fn role(&self, slot: u32) -> Role {
        let fallback = Role {
            threshold: Priority::LOWEST.get(),
            ..Role::default()
        };
        self.seats
            .get(&(slot as usize))
            .map_or(fallback, |seat| seat.published)
    }

    /// ARP does not come this way.
    fn vip(&self, _: &VipKey) -> Option<VipEntry> {
        None
    }
}

/// How long until `deadline`, rounded up by nothing: poll takes nanoseconds.
fn timespec(deadline: Monotonic, now: Monotonic) -> Timespec {
    Timespec::try_from(deadline.since(now)).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    })
}

/// Starts the thread. It `is_shielded` if whatever a stranger sends ends in the program.
///
/// # Errors
///
/// No thread is to be had.
pub(super) fn spawn(
    election: Election,
    scheduling: Scheduling,
    is_shielded: bool,
) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name("election".into())
        .spawn(move || {
            arrange(&scheduling, is_shielded);
            election.run();
        })
}

/// Asks the kernel for what the configuration says about this thread. What it refuses is said: the elections go on without.
fn arrange(scheduling: &Scheduling, is_shielded: bool) {
    if !scheduling.processors.is_empty()
        && let Err(error) = run_on(&scheduling.processors)
    {
        tracing::warn!("the elections run on any processor: `vrrp_cpu_affinity`: {error}");
    }
    if scheduling.no_swap
        && let Err(error) = stay_in_memory()
    {
        tracing::warn!("the daemon may be swapped out: `vrrp_no_swap`: {error}");
    }
    let unless_given = if is_shielded { REAL_TIME } else { 0 };
    let priority = scheduling.real_time_priority.unwrap_or(unless_given);
    if priority == 0 {
        return;
    }
    match run_in_real_time(priority) {
        Ok(()) => tracing::info!("the elections have real-time priority {priority}"),
        Err(error) if scheduling.real_time_priority.is_some() => {
            tracing::warn!("the elections have no real-time priority: `vrrp_rt_priority`: {error}");
        }
        Err(error) => tracing::info!("the elections have no real-time priority: {error}"),
    }
}
