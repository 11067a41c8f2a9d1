//! What a router has become, why, and which adverts came and went around it.
//!
//! Pure. Transitions have room of their own: however many adverts there are, the last [`TURNS`] transitions stay, and each keeps the kinds
//! of adverts since the transition before it and those of the [`AFTERMATH`] that follows it. Adverts that are alike are kept as one kind with
//! a count, [`KINDS`] at most on either side; whoever sends ever new ones pushes out older kinds and no transition.

use std::{collections::VecDeque, net::IpAddr, sync::Arc, time::Duration};

use crate::protocol::{Advertisement, Monotonic, Priority, Settings, State, Transition};

/// Transitions that are remembered per router.
const TURNS: usize = 32;

/// Kinds of adverts that are remembered on either side of a transition.
const KINDS: usize = 8;

/// How long adverts belong to what happened before them.
const AFTERMATH: Duration = Duration::from_secs(10);

/// A router, as it was called at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Who {
    pub(in crate::daemon) instance: String,
    pub(in crate::daemon) interface: String,
    pub(in crate::daemon) vrid: u8,
}

impl Who {
    fn of(settings: &Settings) -> Self {
        Self {
            instance: settings.name.clone(),
            interface: settings.interface.clone(),
            vrid: settings.vrid.get(),
        }
    }
}

/// Which way an advert went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Way {
    /// It came, from this address.
    Heard(IpAddr),
    /// It left.
    Sent,
    /// It should have left and could not.
    Unsent,
}

impl Way {
    const fn is_ours(self) -> bool {
        match self {
            Self::Heard(_) => false,
            Self::Sent | Self::Unsent => true,
        }
    }
}

/// What makes adverts alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Kind {
    pub(in crate::daemon) way: Way,
    pub(in crate::daemon) priority: Priority,
    pub(in crate::daemon) interval: Duration,
}

/// Adverts that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Seen {
    pub(in crate::daemon) kind: Kind,
    pub(in crate::daemon) count: u64,
    pub(in crate::daemon) first: Monotonic,
    pub(in crate::daemon) last: Monotonic,
}

/// Adverts on one side of a transition: the latest kinds, in the order of their last adverts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Around {
    pub(in crate::daemon) seen: VecDeque<Seen>,
    /// Adverts of kinds that found no room.
    pub(in crate::daemon) omitted: u64,
}

impl Around {
    /// Takes an advert in; if there is no room, the kind that is longest ago goes.
    fn note(&mut self, kind: Kind, at: Monotonic) {
        let known = self.seen.iter().position(|seen| seen.kind == kind);
        let seen = match known.and_then(|index| self.seen.remove(index)) {
            Some(seen) => Seen {
                count: seen.count + 1,
                last: seen.last.max(at),
                ..seen
            },
            None => Seen {
                kind,
                count: 1,
                first: at,
                last: at,
            },
        };
        if self.seen.len() >= KINDS {
            let oldest = self.seen.pop_front();
            self.omitted += oldest.map_or(0, |seen| seen.count);
        }
        self.seen.push_back(seen);
    }

    /// Takes out what we have said from `start` on.
    fn take_spoken_since(&mut self, start: Monotonic) -> Self {
        let is_spoken = |seen: &Seen| seen.kind.way.is_ours() && seen.first >= start;
        let (spoken, others) = self.seen.drain(..).partition(is_spoken);
        self.seen = others;
        Self {
            seen: spoken,
            omitted: 0,
        }
    }

    /// Takes an advert in, unless it is of one kind too many.
    fn note_if_there_is_room(&mut self, kind: Kind, at: Monotonic) {
        if self.seen.len() < KINDS || self.seen.iter().any(|seen| seen.kind == kind) {
            self.note(kind, at);
        } else {
            self.omitted += 1;
        }
    }
}

/// What the program had written about the router when it turned: it does not tell of adverts that repeat the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Witness {
    /// Adverts it had accepted since the router joined.
    pub(in crate::daemon) accepted: u64,
    /// Those it had rejected since the last that it accepted.
    pub(in crate::daemon) rejected: u32,
    /// The last one that restarted Active_Down_Timer.
    pub(in crate::daemon) last: Option<Advertisement>,
}

/// A transition with everything around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Turn {
    pub(in crate::daemon) at: Monotonic,
    pub(in crate::daemon) who: Arc<Who>,
    pub(in crate::daemon) transition: Transition,
    /// Nothing where the program is not.
    pub(in crate::daemon) witness: Option<Witness>,
    /// Since the transition before.
    pub(in crate::daemon) before: Around,
    /// Until the next, and for [`AFTERMATH`] at most.
    pub(in crate::daemon) after: Around,
}

/// The life of one router.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Chronicle {
    who: Arc<Who>,
    since_turn: Around,
    /// Oldest first. Whoever reads shares them.
    turns: VecDeque<Arc<Turn>>,
    forgotten: u64,
}

impl Chronicle {
    /// Of a router that joins.
    pub(in crate::daemon) fn of(settings: &Settings) -> Self {
        Self {
            who: Arc::new(Who::of(settings)),
            since_turn: Around::default(),
            turns: VecDeque::new(),
            forgotten: 0,
        }
    }

    /// A reload has changed its settings, perhaps its name.
    pub(in crate::daemon) fn is_now(&mut self, settings: &Settings) {
        let who = Who::of(settings);
        if who != *self.who {
            self.who = Arc::new(who);
        }
    }

    /// An advert was heard.
    pub(in crate::daemon) fn heard(&mut self, advertisement: &Advertisement) {
        let kind = Kind {
            way: Way::Heard(advertisement.source),
            priority: advertisement.priority,
            interval: advertisement.interval,
        };
        self.note(kind, advertisement.received);
    }

    /// An advert left at `at`, or could not.
    pub(in crate::daemon) fn spoke(
        &mut self,
        priority: Priority,
        interval: Duration,
        is_sent: bool,
        at: Monotonic,
    ) {
        let kind = Kind {
            way: if is_sent { Way::Sent } else { Way::Unsent },
            priority,
            interval,
        };
        self.note(kind, at);
    }

    /// The router turned into something else. What is noted from here on came afterwards.
    pub(in crate::daemon) fn turned(
        &mut self,
        transition: Transition,
        witness: Option<Witness>,
        at: Monotonic,
    ) {
        if self.turns.len() >= TURNS {
            self.turns.pop_front();
            self.forgotten += 1;
        }
        let mut before = std::mem::take(&mut self.since_turn);
        if transition.to == State::Active {
            // Its first advert leaves before the transition is told, and belongs to what it has become.
            self.since_turn = before.take_spoken_since(at);
        }
        self.turns.push_back(Arc::new(Turn {
            at,
            who: Arc::clone(&self.who),
            transition,
            witness,
            before,
            after: self.since_turn.clone(),
        }));
    }

    /// Who it is.
    pub(in crate::daemon) fn who(&self) -> &Who {
        &self.who
    }

    /// Its last transitions, oldest first.
    pub(in crate::daemon) fn turns(&self) -> impl Iterator<Item = &Arc<Turn>> {
        self.turns.iter()
    }

    /// How many transitions are no longer remembered.
    pub(in crate::daemon) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn note(&mut self, kind: Kind, at: Monotonic) {
        self.since_turn.note(kind, at);
        if let Some(turn) = self.turns.back_mut()
            && at.since(turn.at) < AFTERMATH
        {
            // A copy only while somebody reads the old one.
            Arc::make_mut(turn).after.note_if_there_is_room(kind, at);
        }
    }
}

#[cfg(test)]
pub(in crate::daemon) mod tests {
    use super::*;
    use crate::protocol::{Announcements, Because, Conduct, Family, Version, Vrid};

    const SECOND: Duration = Duration::from_secs(1);

    pub(in crate::daemon) fn settings(name: &str) -> Settings {
        Settings {
            name: name.into(),
            interface: "eth0".into(),
            vrid: Vrid::new(51).unwrap(),
            version: Version::V3,
            family: Family::Ipv4,
            priority: Priority::DEFAULT,
            advertisement_interval: SECOND,
            preempt: true,
            virtual_addresses: Vec::new(),
            announcements: Announcements::default(),
            conduct: Conduct::default(),
        }
    }

    fn moment(millis: u64) -> Monotonic {
        Monotonic::from_nanos(1_000_000_000_000) + Duration::from_millis(millis)
    }

    fn transition(to: State) -> Transition {
        Transition {
            from: State::Initialize,
            to,
            priority: Priority::DEFAULT,
            because: Because::Started,
        }
    }

    fn advert(last: u8, priority: u8, received: Monotonic) -> Advertisement {
        Advertisement {
            received,
            source: IpAddr::from([10, 0, 0, last]),
            priority: Priority::new(priority),
            interval: SECOND,
            address_count: 1,
            list_digest: 0,
        }
    }

    #[test]
    fn a_transition_knows_what_was_before_and_after_it() {
        let mut chronicle = Chronicle::of(&settings("one"));
        chronicle.turned(transition(State::Backup), None, moment(0));
        for second in 1..=5 {
            chronicle.heard(&advert(2, 150, moment(1000 * second)));
        }
        chronicle.heard(&advert(2, 0, moment(5400)));
        chronicle.spoke(Priority::DEFAULT, SECOND, true, moment(6000));
        chronicle.turned(transition(State::Active), None, moment(6000));
        for second in 1..20 {
            chronicle.spoke(
                Priority::DEFAULT,
                SECOND,
                true,
                moment(6000 + 1000 * second),
            );
        }
        let turn = chronicle.turns().last().unwrap();
        let told = |around: &Around| -> Vec<(u8, u64, Monotonic)> {
            let seen = around.seen.iter();
            seen.map(|seen| (seen.kind.priority.get(), seen.count, seen.last))
                .collect()
        };
        assert_eq!(
            told(&turn.before),
            [(150, 5, moment(5000)), (0, 1, moment(5400))]
        );
        assert_eq!(told(&turn.after), [(100, 10, moment(15_000))]);
    }

    /// Adverts push out adverts, and never a transition.
    #[test]
    fn a_flood_of_different_adverts_takes_no_room_from_transitions() {
        let mut chronicle = Chronicle::of(&settings("one"));
        for number in 0..10 {
            chronicle.turned(transition(State::Backup), None, moment(number));
        }
        for number in 0..200 {
            chronicle.heard(&advert(number, 150, moment(100)));
        }
        chronicle.turned(transition(State::Active), None, moment(200));
        assert_eq!(chronicle.turns().count(), 11);
        let turns: Vec<_> = chronicle.turns().collect();
        let (old, new) = (turns[9], turns[10]);
        assert_eq!((old.after.seen.len(), old.after.omitted), (8, 192));
        assert_eq!((new.before.seen.len(), new.before.omitted), (8, 192));
        let latest = new.before.seen.back().unwrap().kind.way;
        assert_eq!(latest, Way::Heard(IpAddr::from([10, 0, 0, 199])));
    }

    #[test]
    fn the_last_transitions_stay_and_the_others_are_counted() {
        let mut chronicle = Chronicle::of(&settings("one"));
        for number in 0..500 {
            chronicle.turned(transition(State::Backup), None, moment(number));
        }
        assert_eq!(
            (chronicle.turns().count(), chronicle.forgotten()),
            (32, 468)
        );
        let newest = chronicle.turns().last().unwrap();
        assert_eq!(newest.at, moment(499));
    }

    #[test]
    fn who_is_renamed_was_called_otherwise_before() {
        let mut chronicle = Chronicle::of(&settings("one"));
        chronicle.turned(transition(State::Backup), None, moment(0));
        chronicle.is_now(&settings("two"));
        chronicle.turned(transition(State::Active), None, moment(1));
        let names: Vec<_> = chronicle
            .turns()
            .map(|turn| turn.who.instance.clone())
            .collect();
        assert_eq!(names, ["one", "two"]);
    }
}
