//! One virtual router and its election.
//!
//! Does not look at a clock, send anything, or know where an event came from.

mod role;
mod settings;

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use self::role::{Listening, Role, Speaking, Tolerance};
pub use self::settings::{Announcements, Conduct, Settings};
use super::{
    Action, Advertisement, Because, Event, Evidence, FaultReasons, Monotonic, Note, Priority,
    State, Transition, timers,
};

/// One virtual router: a VRID, an address family, an interface, and an election.
///
/// The states and transitions are those of RFC 9568 §6.4, plus `Fault`, which keepalived adds.
///
/// ```text
///                 Startup            silence for Active_Down_Interval
///   Initialize ────────────► Backup ─────────────────────────────────► Active
///     ▲  ▲  ╰─────────── Startup, as the address owner ───────────────► │  │
///     │  │                     │  ◄────── a better router speaks ───────╯  │
///     │  ╰────── Shutdown ─────╯                                           │
///     ╰───────── Shutdown, after an advertisement of priority 0 ───────────╯
/// ```
///
/// A fault leads from every state to `Fault`, the end of the last fault to Backup.
///
/// A router is told what happened and when, and answers with what should be done, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualRouter {
    settings: Settings,
    /// What we advertise: the configured priority and what tracking makes of it.
    priority: Priority,
    /// The address we speak from, once there is one.
    own_address: Option<IpAddr>,
    faults: FaultReasons,
    role: Role,
}

impl VirtualRouter {
    /// A router in Initialize.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            priority: settings.priority,
            own_address: None,
            faults: FaultReasons::default(),
            role: Role::Initialize { is_started: false },
            settings,
        }
    }

    /// Takes in one event and returns what to do about it, in order.
    pub fn handle(&mut self, event: &Event, now: Monotonic) -> Vec<Action> {
        match event {
            Event::Startup => self.start(now),
            Event::Shutdown => self.stop(Because::Stopped),
            Event::Removed => self.stop(Because::Removed),
            Event::SettingsChanged(settings) => self.settings_changed(settings, now),
            Event::DeadlineReached(evidence) => self.deadline_reached(*evidence, now),
            Event::AdvertisementReceived(advertisement) => self.hear(advertisement, now),
            Event::FaultsObserved(faults) => self.faults_observed(faults, now),
            Event::PriorityObserved(priority) => self.priority_observed(*priority),
            Event::PrimaryAddressObserved(address) => {
                self.own_address = Some(*address);
                Vec::new()
            }
            Event::AddressesRemoved { address, others } => {
                self.addresses_removed(*address, *others, now)
            }
            Event::GroupActive { group, member } => self.follow_to_active(group, member, now),
            Event::GroupBackup { group, member } => self.follow_to_backup(group, member, now),
            Event::HeldBack { by, until, hears } => self.held_back(by, *until, *hears),
        }
    }

    /// The moment to come back with [`Event::DeadlineReached`], if there is one.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        match &self.role {
            Role::Initialize { .. } | Role::Fault => None,
            Role::Backup(listening) => {
                let silence = self.takes_over_at(listening);
                let tolerance = listening.tolerance_ends();
                Some(tolerance.map_or(silence, |end| end.min(silence)))
            }
            Role::Active(speaking) => Some(speaking.deadline()),
        }
    }

    /// Since when a Backup has heard nobody who counts; its deadline is about that silence.
    #[must_use]
    pub const fn silent_since(&self) -> Option<Monotonic> {
        match &self.role {
            Role::Backup(listening) => Some(listening.silent_since),
            Role::Initialize { .. } | Role::Active(_) | Role::Fault => None,
        }
    }

    /// When a Backup takes over that has heard at `at` once more what it heard last, and nobody since; `None` if that is no news to it, or more
    /// than a silence counts: a goodbye, the group, somebody who is tolerated.
    #[must_use]
    pub fn takes_over_if_heard_again(&self, at: Monotonic) -> Option<Monotonic> {
        let Role::Backup(listening) = &self.role else {
            return None;
        };
        let only_listens = listening.heard.is_some()
            && listening.released.is_none()
            && listening.held_back.is_none()
            && listening.tolerance == Tolerance::NotAsked;
        (only_listens && at > listening.silent_since)
            .then(|| at + self.active_down_interval(listening.active_adver_interval))
    }

    /// Whether a Backup is about to take over, its deadline having come by `now`.
    #[must_use]
    pub fn is_taking_over(&self, now: Monotonic) -> bool {
        match &self.role {
            Role::Backup(listening) => self.takes_over_at(listening) <= now,
            Role::Initialize { .. } | Role::Active(_) | Role::Fault => false,
        }
    }

    /// When the silence of a Backup is long enough to take over, and the interval it counts in.
    #[must_use]
    pub fn silence_ends(&self) -> Option<(Monotonic, Duration)> {
        match &self.role {
            Role::Backup(listening) => {
                Some((self.active_down(listening), listening.active_adver_interval))
            }
            Role::Initialize { .. } | Role::Active(_) | Role::Fault => None,
        }
    }

    /// Who keeps a Backup from taking over, as the moment he was heard last and how often he speaks; nobody who has said goodbye since.
    #[must_use]
    pub fn held_by(&self) -> Option<(Monotonic, Duration)> {
        match &self.role {
            Role::Backup(listening) if listening.released.is_none() => {
                let (_, heard) = listening.heard?;
                Some((heard, listening.active_adver_interval))
            }
            Role::Backup(_) | Role::Initialize { .. } | Role::Active(_) | Role::Fault => None,
        }
    }

    /// What this router is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.role {
            Role::Initialize { .. } => State::Initialize,
            Role::Backup(_) => State::Backup,
            Role::Active(_) => State::Active,
            Role::Fault => State::Fault,
        }
    }

    /// What it advertises, or would.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// What it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who is Active, as far as this router has heard.
    #[must_use]
    pub fn active_router(&self) -> Option<IpAddr> {
        match &self.role {
            Role::Backup(listening) => listening.heard.map(|(source, _)| source),
            Role::Active(_) => self.own_address,
            Role::Initialize { .. } | Role::Fault => None,
        }
    }

    /// The least priority whose advertisements restart Active_Down_Timer, or challenge us while Active.
    ///
    /// What the data path needs to know to tell what is worth waking up for.
    #[must_use]
    pub fn threshold(&self) -> Priority {
        match &self.role {
            Role::Active(_) => self.priority,
            Role::Backup(listening) if self.preempts(listening) => self.priority,
            Role::Backup(_) | Role::Initialize { .. } | Role::Fault => Priority::LOWEST,
        }
    }

    /// Whether somebody of lower priority is not listened to.
    fn preempts(&self, listening: &Listening) -> bool {
        let is_due = self.delays_preemption().is_none() || listening.tolerance == Tolerance::Over;
        self.priority.is_address_owner() || self.settings.preempt && is_due
    }

    /// `preempt_delay`, where it applies.
    fn delays_preemption(&self) -> Option<Duration> {
        let delay = self.settings.conduct.preempt_delay;
        let applies = self.settings.preempt && !self.priority.is_address_owner();
        (applies && !delay.is_zero()).then_some(delay)
    }

    /// RFC 9568 §6.4.1, once nothing is wrong.
    fn start(&mut self, now: Monotonic) -> Vec<Action> {
        match self.role {
            Role::Initialize { .. } => {
                self.role = Role::Initialize { is_started: true };
                self.reconsider(Because::Started, now)
            }
            Role::Backup(_) | Role::Active(_) | Role::Fault => Vec::new(),
        }
    }

    fn stop(&mut self, because: Because) -> Vec<Action> {
        match self.role {
            Role::Initialize { is_started: false } => Vec::new(),
            Role::Initialize { is_started: true } | Role::Backup(_) | Role::Fault => {
                let next = Role::Initialize { is_started: false };
                vec![self.become_state(next, because)]
            }
            Role::Active(_) => {
                let mut actions = self.let_go();
                let next = Role::Initialize { is_started: false };
                actions.push(self.become_state(next, because));
                actions
            }
        }
    }

    /// Goes on as what it is, with what is new. No timer that runs is set anew, except that silence counts from now where a Backup is to be
    /// less patient with it, and nothing leaves because of it; the priority is not touched, since tracking says what becomes of that ([`Event::PriorityObserved`]).
    fn settings_changed(&mut self, settings: &Settings, now: Monotonic) -> Vec<Action> {
        let before = std::mem::replace(&mut self.settings, settings.clone());
        match &mut self.role {
            Role::Initialize { .. } | Role::Fault => {}
            Role::Backup(listening) => listening.settings_changed(&before, settings, now),
            Role::Active(speaking) => speaking.settings_changed(&before, settings, now),
        }
        Vec::new()
    }

    fn faults_observed(&mut self, faults: &FaultReasons, now: Monotonic) -> Vec<Action> {
        self.faults = faults.clone();
        self.reconsider(Because::FaultsCleared, now)
    }

    /// Enters or leaves Fault, or starts, as the faults allow.
    fn reconsider(&mut self, cause: Because, now: Monotonic) -> Vec<Action> {
        match self.role {
            Role::Initialize { is_started: false } => Vec::new(),
            Role::Initialize { is_started: true } | Role::Fault if self.faults.is_empty() => {
                self.take_part(cause, now)
            }
            Role::Initialize { is_started: true } if self.faults.is_only_pending() => Vec::new(),
            Role::Fault => Vec::new(),
            Role::Backup(_) | Role::Active(_) if self.faults.is_empty() => Vec::new(),
            // A script that a reload has brought has said nothing against us.
            Role::Backup(_) | Role::Active(_) if self.faults.is_only_pending() => Vec::new(),
            Role::Initialize { .. } | Role::Backup(_) => vec![self.become_faulty()],
            Role::Active(_) => {
                let mut actions = self.let_go();
                actions.push(self.become_faulty());
                actions
            }
        }
    }

    fn take_part(&mut self, cause: Because, now: Monotonic) -> Vec<Action> {
        if self.priority.is_address_owner() {
            return self.become_active(Because::OwnsAddresses, now);
        }
        let listening = Listening::since(now, self.settings.advertisement_interval);
        vec![self.become_state(Role::Backup(listening), cause)]
    }

    /// A member of the sync group is Active. Whether that may be was asked before.
    fn follow_to_active(&mut self, group: &str, member: &str, now: Monotonic) -> Vec<Action> {
        match self.role {
            Role::Backup(_) => self.become_active(Because::group(group, member), now),
            Role::Initialize { .. } | Role::Active(_) | Role::Fault => Vec::new(),
        }
    }

    /// A member of the sync group has given way. Nobody better was heard here, so the others are told that somebody is wanted.
    fn follow_to_backup(&mut self, group: &str, member: &str, now: Monotonic) -> Vec<Action> {
        let Role::Active(_) = self.role else {
            return Vec::new();
        };
        let mut actions = self.let_go();
        let listening = Listening::since(now, self.settings.advertisement_interval);
        let because = Because::group(group, member);
        actions.push(self.become_state(Role::Backup(listening), because));
        actions
    }

    /// It takes over when nobody of the group hears anybody any more.
    fn held_back(&mut self, by: &str, until: Monotonic, hears: bool) -> Vec<Action> {
        let Role::Backup(listening) = &mut self.role else {
            return Vec::new();
        };
        if listening.is_held_back_until(until, hears) {
            let by = by.to_owned();
            return vec![Action::Note(Note::HeldBack { by })];
        }
        Vec::new()
    }

    fn deadline_reached(&mut self, evidence: Evidence, now: Monotonic) -> Vec<Action> {
        match &mut self.role {
            Role::Initialize { .. } | Role::Fault => Vec::new(),
            Role::Backup(listening) => {
                let mut actions = Vec::new();
                if listening.ends_tolerance(now) {
                    actions.push(Action::Note(Note::PreemptionDue));
                }
                let listening = listening.clone();
                actions.extend(self.silence(&listening, evidence, now));
                actions
            }
            Role::Active(speaking) => {
                let mut actions = Vec::new();
                if speaking.is_advertisement_due(now, self.settings.advertisement_interval) {
                    actions.push(Action::SendAdvertisement {
                        priority: self.priority,
                    });
                }
                if let Some(rounds) = speaking.announcement_due(now, &self.settings.announcements) {
                    actions.push(Action::AnnounceAddresses { rounds });
                }
                actions
            }
        }
    }

    /// Active_Down_Timer has come (RFC 9568 §6.4.2), if it has, and if the silence is real.
    fn silence(
        &mut self,
        listening: &Listening,
        evidence: Evidence,
        now: Monotonic,
    ) -> Vec<Action> {
        if now < self.takes_over_at(listening) {
            return Vec::new();
        }
        if !evidence.was_listening {
            let again = Listening {
                silent_since: now,
                released: None,
                ..listening.clone()
            };
            self.role = Role::Backup(again);
            return vec![Action::Note(Note::SilenceNotProven)];
        }
        let because = match listening.released {
            Some((by, at)) => Because::Released {
                by,
                ago: now.since(at),
            },
            None => Because::Silence {
                last: listening.heard.map(|(source, at)| (source, now.since(at))),
                listened: now.since(listening.silent_since),
                rejected: evidence.rejected,
                saved_by_map: evidence.saved_by_map,
            },
        };
        let mut actions = vec![Action::Note(Note::AdvertisementTimeout)];
        actions.extend(self.become_active(because, now));
        actions
    }

    fn hear(&mut self, advertisement: &Advertisement, now: Monotonic) -> Vec<Action> {
        if self.priority.is_address_owner() && !self.settings.conduct.owner_listens {
            return Vec::new();
        }
        if let Some(actions) = self.refuse_list(advertisement) {
            return actions;
        }
        match &self.role {
            // RFC 9568 §6.4.1: nothing is expected here, and nothing happens.
            Role::Initialize { .. } | Role::Fault => Vec::new(),
            Role::Backup(listening) => {
                let listening = listening.clone();
                self.hear_as_backup(listening, advertisement)
            }
            Role::Active(_) => self.hear_as_active(advertisement, now),
        }
    }

    /// Strict mode, version 2: with other addresses than ours an advertisement counts for nothing, unless the address owner sent it or it is a
    /// goodbye (RFC 3768 §7.1).
    fn refuse_list(&mut self, heard: &Advertisement) -> Option<Vec<Action>> {
        let is_excepted = heard.priority.is_address_owner() || heard.priority.is_release();
        if !self.settings.conduct.refuses_other_lists
            || is_excepted
            || heard.list_digest == self.settings.list_digest()
        {
            return None;
        }
        let is_news = match &mut self.role {
            Role::Backup(listening) => listening.learns_of_list(heard),
            Role::Active(speaking) => speaking.learns_of_list(heard),
            Role::Initialize { .. } | Role::Fault => false,
        };
        let note = Note::AddressListRefused {
            from: heard.source,
            received: heard.address_count,
        };
        Some(is_news.then_some(Action::Note(note)).into_iter().collect())
    }

    /// RFC 9568 §6.4.2.
    fn hear_as_backup(&mut self, mut listening: Listening, heard: &Advertisement) -> Vec<Action> {
        let from = heard.source;
        let mut notes = Vec::new();
        if heard.received < listening.silent_since {
            // Told late: whatever it said, we have listened, or heard better, since.
        } else if heard.priority.is_release() {
            notes.push(Note::ReleaseHeard { from });
            listening.hear_release(from, heard.received);
        } else {
            notes = self.hear_candidate(&mut listening, heard);
        }
        self.role = Role::Backup(listening);
        notes.into_iter().map(Action::Note).collect()
    }

    /// Somebody is Active, or would like to be.
    fn hear_candidate(&self, listening: &mut Listening, heard: &Advertisement) -> Vec<Note> {
        let (from, theirs) = (heard.source, heard.priority);
        let is_lower = theirs < self.priority;
        let mut notes = Vec::new();
        if let Some(delay) = self.delays_preemption()
            && listening.tolerate(is_lower, heard.received, delay)
        {
            notes.push(Note::PreemptionDelayed {
                from,
                theirs,
                delay,
            });
        }
        if !(is_lower && self.preempts(listening)) {
            notes.extend(listening.hear(heard, &self.settings));
        } else if listening.discarded != Some((from, theirs)) {
            listening.discarded = Some((from, theirs));
            notes.push(Note::LowerPriorityDiscarded {
                from,
                priority: theirs,
            });
        }
        notes
    }

    /// RFC 9568 §6.4.3. Preempt_Mode is not consulted: an Active Router gives way to a better one whatever it says.
    fn hear_as_active(&mut self, heard: &Advertisement, now: Monotonic) -> Vec<Action> {
        let from = heard.source;
        if heard.priority.is_release() {
            return self.answer_release(from, now);
        }
        let mut actions = Vec::new();
        actions.extend(self.notice_rival(heard).map(Action::Note));
        actions.extend(self.notice_list(heard).map(Action::Note));
        match self.reason_to_give_way(heard) {
            Some(because) => actions.extend(self.give_way(heard, because)),
            None => actions.extend(self.answer_lower(heard, now)),
        }
        actions
    }

    /// Two routers that say they own the addresses are one too many (C043); the election goes on as among others.
    fn notice_rival(&mut self, heard: &Advertisement) -> Option<Note> {
        let from = heard.source;
        let Role::Active(speaking) = &mut self.role else {
            return None;
        };
        let are_two = self.priority.is_address_owner() && heard.priority.is_address_owner();
        (are_two && speaking.learns_of_rival(from)).then_some(Note::SecondOwner { from })
    }

    /// Somebody who speaks while we do, and lists other addresses, may be deaf to us because of that: keepalived up to 2.3.2 is.
    fn notice_list(&mut self, heard: &Advertisement) -> Option<Note> {
        let expected = self.settings.virtual_addresses.len();
        let differs = heard.list_digest != self.settings.list_digest();
        let Role::Active(speaking) = &mut self.role else {
            return None;
        };
        (differs && speaking.learns_of_list(heard)).then(|| Note::AddressListDiffers {
            from: heard.source,
            expected: u8::try_from(expected).unwrap_or(u8::MAX),
            received: heard.address_count,
        })
    }

    fn reason_to_give_way(&self, heard: &Advertisement) -> Option<Because> {
        let (from, theirs) = (heard.source, heard.priority);
        let own_address = self
            .own_address
            .unwrap_or(self.settings.family.unspecified());
        if theirs > self.priority {
            Some(Because::HigherPriority {
                from,
                theirs,
                ours: self.priority,
            })
        } else if theirs == self.priority && from > own_address {
            Some(Because::HigherAddress {
                from,
                priority: theirs,
                ours: own_address,
            })
        } else {
            None
        }
    }

    fn give_way(&mut self, heard: &Advertisement, because: Because) -> Vec<Action> {
        let note = Note::BetterRouterHeard {
            from: heard.source,
            theirs: heard.priority,
            ours: self.priority,
        };
        let mut listening = Listening::since(heard.received, self.settings.advertisement_interval);
        let learned = listening.hear(heard, &self.settings);
        let mut actions = vec![Action::Note(note)];
        if self.settings.conduct.answers_higher {
            actions.push(self.advertise());
        }
        actions.push(Action::ReleaseAddresses);
        actions.push(self.become_state(Role::Backup(listening), because));
        actions.extend(learned.into_iter().map(Action::Note));
        actions
    }

    /// Says at once that we are Active (RFC 9568 §6.4.3), but not more often than [`Speaking`] allows: an attacker must not make us echo him.
    fn answer_release(&mut self, from: IpAddr, now: Monotonic) -> Vec<Action> {
        let advertisement = self.advertise();
        let interval = self.settings.advertisement_interval;
        let Role::Active(speaking) = &mut self.role else {
            return Vec::new();
        };
        if !speaking.may_answer(now, interval) {
            return Vec::new();
        }
        speaking.advertises_early(now, interval);
        let note = Note::ReleaseHeardWhileActive { from };
        vec![Action::Note(note), advertisement]
    }

    /// As [`Self::answer_release`], unless `lower_prio_no_advert`; and tells the network where the addresses are.
    fn answer_lower(&mut self, heard: &Advertisement, now: Monotonic) -> Vec<Action> {
        let note = Note::LowerPriorityAnswered {
            from: heard.source,
            theirs: heard.priority,
            ours: self.priority,
        };
        let advertisement = self.advertise();
        let (interval, conduct) = (self.settings.advertisement_interval, self.settings.conduct);
        let Role::Active(speaking) = &mut self.role else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        if speaking.may_answer(now, interval) {
            actions.push(Action::Note(note));
            if conduct.answers_lower {
                speaking.advertises_early(now, interval);
                actions.push(advertisement);
            }
        }
        if conduct.announces_after_lower
            && speaking.may_announce_again(now, &self.settings.announcements)
        {
            let rounds = self.settings.announcements.rounds;
            actions.push(Action::AnnounceAddresses { rounds });
        }
        actions
    }

    const fn advertise(&self) -> Action {
        Action::SendAdvertisement {
            priority: self.priority,
        }
    }

    /// keepalived: gives way and takes over again, which moves the service twice. The addresses are put back at once.
    fn addresses_removed(&mut self, address: IpAddr, others: usize, now: Monotonic) -> Vec<Action> {
        let Role::Active(speaking) = &mut self.role else {
            return Vec::new();
        };
        let note = Note::AddressesRemoved { address, others };
        let mut actions = vec![Action::Note(note), Action::ClaimAddresses];
        if speaking.may_announce_again(now, &self.settings.announcements) {
            let rounds = self.settings.announcements.rounds;
            actions.push(Action::AnnounceAddresses { rounds });
        }
        actions
    }

    fn priority_observed(&mut self, priority: Priority) -> Vec<Action> {
        let from = std::mem::replace(&mut self.priority, priority);
        if from == priority {
            return Vec::new();
        }
        vec![Action::Note(Note::PriorityChanged { from, to: priority })]
    }

    /// RFC 9568 §6.4.2, when the timer fires. The advertisement leaves first, as keepalived's does: it ends the election.
    fn become_active(&mut self, because: Because, now: Monotonic) -> Vec<Action> {
        let speaking = Speaking::from(now, &self.settings);
        let report = self.become_state(Role::Active(speaking), because);
        vec![
            Action::SendAdvertisement {
                priority: self.priority,
            },
            report,
            Action::ClaimAddresses,
            Action::AnnounceAddresses {
                rounds: self.settings.announcements.rounds,
            },
        ]
    }

    /// What every way out of Active has in common, except to a better router: the goodbye, and the addresses.
    fn let_go(&self) -> Vec<Action> {
        vec![
            Action::SendAdvertisement {
                priority: Priority::RELEASE,
            },
            Action::Note(Note::SentRelease),
            Action::ReleaseAddresses,
        ]
    }

    fn become_faulty(&mut self) -> Action {
        let because = Because::Faults(self.faults.clone());
        self.become_state(Role::Fault, because)
    }

    fn become_state(&mut self, role: Role, because: Because) -> Action {
        let from = self.state();
        self.role = role;
        Action::ReportTransition(Transition {
            from,
            to: self.state(),
            priority: self.priority,
            because,
        })
    }

    /// When Active_Down_Timer comes, or the group is free.
    fn takes_over_at(&self, listening: &Listening) -> Monotonic {
        let silence = self.active_down(listening);
        let held = listening.held_back.filter(|held| *held > silence);
        held.unwrap_or(silence)
    }

    /// Active_Down_Timer as a moment.
    fn active_down(&self, listening: &Listening) -> Monotonic {
        let version = self.settings.version;
        let interval = listening.active_adver_interval;
        let silence = listening.silent_since + self.active_down_interval(interval);
        match listening.released {
            Some((_, at)) => silence.min(at + timers::skew_time(version, self.priority, interval)),
            None => silence,
        }
    }

    fn active_down_interval(&self, active_adver_interval: Duration) -> Duration {
        timers::active_down_interval(
            self.settings.version,
            self.priority,
            active_adver_interval,
            self.settings.conduct.silent_intervals,
        )
    }
}

#[cfg(test)]
mod tests;
