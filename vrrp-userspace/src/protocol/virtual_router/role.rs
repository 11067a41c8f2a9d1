//! What a router is, with exactly the deadlines that belong to it: a stale timer cannot exist.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Announcements, Settings};
use crate::protocol::{Advertisement, Monotonic, Note, Priority, Version};

/// An answer to a lower router leaves at most this often per interval (C116).
const ANSWERS_PER_INTERVAL: u32 = 10;
/// A burst of gratuitous ARP because of a lower router leaves at most this often.
const ANNOUNCEMENT_PAUSE: Duration = Duration::from_secs(1);

/// A state with what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// Not taking part.
    Initialize {
        /// Startup has come, but something has not reported yet.
        is_started: bool,
    },
    /// Listening.
    Backup(Listening),
    /// Speaking.
    Active(Speaking),
    /// Something is wrong.
    Fault,
}

/// What a Backup remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listening {
    /// Active_Down_Timer counts from here.
    pub(super) silent_since: Monotonic,
    /// Active_Adver_Interval (RFC 9568 §6.1).
    pub(super) active_adver_interval: Duration,
    /// Who spoke last and when, of those who count.
    pub(super) heard: Option<(IpAddr, Monotonic)>,
    /// Who said goodbye first since then: goodbyes that follow do not extend the wait (C097).
    pub(super) released: Option<(IpAddr, Monotonic)>,
    /// Whose advertisements were discarded last, so that it is said once.
    pub(super) discarded: Option<(IpAddr, Priority)>,
    /// Whose address list was found to differ, so that it is said once.
    pub(super) differing_list: Option<(IpAddr, u32)>,
    /// What has become of `preempt_delay`.
    #[serde(default)]
    pub(super) tolerance: Tolerance,
    /// A member of the sync group keeps it Backup until then.
    #[serde(default)]
    pub(super) held_back: Option<Monotonic>,
    /// It has been said that the member hears somebody.
    #[serde(default)]
    pub(super) has_said_why: bool,
}

/// How long somebody of lower priority may still be Active. Of no use without `preempt_delay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Tolerance {
    /// Nobody of lower priority is Active.
    #[default]
    NotAsked,
    /// Somebody is, and is listened to until then.
    Until(Monotonic),
    /// Somebody was for long enough.
    Over,
}

impl Listening {
    /// A Backup that begins to listen at `now`.
    pub(super) const fn since(now: Monotonic, active_adver_interval: Duration) -> Self {
        Self {
            silent_since: now,
            active_adver_interval,
            heard: None,
            released: None,
            discarded: None,
            differing_list: None,
            tolerance: Tolerance::NotAsked,
            held_back: None,
            has_said_why: false,
        }
    }

    /// It stays Backup until `until`. Whether that is worth saying: that the member `hears` somebody is, and once, until somebody is heard here.
    pub(super) const fn is_held_back_until(&mut self, until: Monotonic, hears: bool) -> bool {
        self.held_back = Some(until);
        let is_news = hears && !self.has_said_why;
        self.has_said_why |= hears;
        is_news
    }

    /// Somebody was heard at `received`. The first of lower priority is listened to for `delay`, which begins anew after somebody who is as
    /// good as we are. Whether it begins.
    pub(super) fn tolerate(
        &mut self,
        is_lower: bool,
        received: Monotonic,
        delay: Duration,
    ) -> bool {
        let begins = is_lower && self.tolerance == Tolerance::NotAsked;
        if !is_lower {
            self.tolerance = Tolerance::NotAsked;
        } else if begins {
            self.tolerance = Tolerance::Until(received + delay);
        } else {
            self.ends_tolerance(received);
        }
        begins
    }

    /// When `preempt_delay` will have passed.
    pub(super) const fn tolerance_ends(&self) -> Option<Monotonic> {
        match self.tolerance {
            Tolerance::Until(end) => Some(end),
            Tolerance::NotAsked | Tolerance::Over => None,
        }
    }

    /// Whether it has passed by `now`; if so it is over.
    pub(super) fn ends_tolerance(&mut self, now: Monotonic) -> bool {
        let has_passed = self.tolerance_ends().is_some_and(|end| now >= end);
        if has_passed {
            self.tolerance = Tolerance::Over;
        }
        has_passed
    }

    /// An advertisement that restarts Active_Down_Timer.
    pub(super) fn hear(&mut self, heard: &Advertisement, settings: &Settings) -> Vec<Note> {
        let mut notes = Vec::new();
        let before = self.heard.map(|(source, _)| source);
        if before != Some(heard.source) {
            notes.push(Note::ActiveRouterLearned {
                address: heard.source,
                before,
            });
        }
        notes.extend(self.adopt_interval(heard, settings));
        if settings.conduct.compares_every_list || before != Some(heard.source) {
            notes.extend(self.compare_lists(heard, settings));
        }
        self.held_back = None;
        self.has_said_why = false;
        self.silent_since = heard.received;
        self.heard = Some((heard.source, heard.received));
        self.released = None;
        notes
    }

    /// The Active Router lets go.
    pub(super) const fn hear_release(&mut self, from: IpAddr, at: Monotonic) {
        if self.released.is_none() {
            self.released = Some((from, at));
        }
    }

    /// A reload has changed the settings. What was learned from the Active Router stays, except where v2 has nothing to learn.
    ///
    /// A shorter interval makes no silence of what was none: the Active Router had no reason to speak more often until now.
    pub(super) fn settings_changed(&mut self, before: &Settings, after: &Settings, now: Monotonic) {
        if self.heard.is_none() || after.version == Version::V2 {
            if after.advertisement_interval < self.active_adver_interval {
                self.silent_since = self.silent_since.max(now);
            }
            self.active_adver_interval = after.advertisement_interval;
        }
        if before.list_digest() != after.list_digest() {
            self.differing_list = None;
        }
    }

    /// v3 adopts the interval of the Active Router (RFC 9568 §6.4.2); in v2 both are the same or it was rejected.
    fn adopt_interval(&mut self, heard: &Advertisement, settings: &Settings) -> Option<Note> {
        if settings.version == Version::V2 || heard.interval == self.active_adver_interval {
            return None;
        }
        let from = std::mem::replace(&mut self.active_adver_interval, heard.interval);
        Some(Note::IntervalAdopted {
            from,
            to: heard.interval,
        })
    }

    /// Whether it is news that somebody lists what he must not.
    pub(super) fn learns_of_list(&mut self, heard: &Advertisement) -> bool {
        let list = Some((heard.source, heard.list_digest));
        std::mem::replace(&mut self.differing_list, list) != list
    }

    fn compare_lists(&mut self, heard: &Advertisement, settings: &Settings) -> Option<Note> {
        if heard.list_digest == settings.list_digest() {
            self.differing_list = None;
            return None;
        }
        let differing = Some((heard.source, heard.list_digest));
        if self.differing_list == differing {
            return None;
        }
        self.differing_list = differing;
        Some(Note::AddressListDiffers {
            from: heard.source,
            expected: u8::try_from(settings.virtual_addresses.len()).unwrap_or(u8::MAX),
            received: heard.address_count,
        })
    }
}

/// What an Active Router remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Speaking {
    next_advertisement: Monotonic,
    next_announcement: Option<Announcement>,
    answered: Option<Monotonic>,
    announced: Monotonic,
    /// Who else says that he owns the addresses, so that it is said once.
    #[serde(default)]
    rival: Option<IpAddr>,
    /// Whose address list was refused, so that it is said once.
    #[serde(default)]
    refused_list: Option<(IpAddr, u32)>,
}

/// All routers speak at multiples of this, so that one wake-up serves all that are due. Every interval that can be advertised is a multiple of
/// it (RFC 9568 §5.2.7), so whoever speaks at one goes on doing so.
const TICK: Duration = Duration::from_millis(10);

/// The last tick within `interval` from `now`: the next advertisement is never late, and at most a tick early.
fn at_a_tick(now: Monotonic, interval: Duration) -> Monotonic {
    let latest = now + interval;
    let tick = u64::try_from(TICK.as_nanos()).unwrap_or(1);
    let last = Monotonic::from_nanos(latest.as_nanos() / tick * tick);
    if last > now { last } else { latest }
}

/// A burst of gratuitous ARP to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Announcement {
    at: Monotonic,
    rounds: u32,
}

impl Speaking {
    /// An Active Router that has just sent its first advertisement and begun its first burst.
    pub(super) fn from(now: Monotonic, settings: &Settings) -> Self {
        let again = settings.announcements.again_after;
        let rounds = settings.announcements.rounds;
        let second = again.map(|delay| Announcement {
            at: now + delay,
            rounds,
        });
        Self {
            next_advertisement: at_a_tick(now, settings.advertisement_interval),
            next_announcement: second.or_else(|| refresh(now, &settings.announcements)),
            answered: None,
            announced: now,
            rival: None,
            refused_list: None,
        }
    }

    /// A reload has changed the settings: what is due stays due, unless it is due earlier now.
    pub(super) fn settings_changed(&mut self, before: &Settings, after: &Settings, now: Monotonic) {
        let soonest = at_a_tick(now, after.advertisement_interval);
        self.next_advertisement = self.next_advertisement.min(soonest);
        if before.announcements != after.announcements {
            let next = refresh(now, &after.announcements);
            let burst = self.next_announcement.into_iter().chain(next);
            self.next_announcement = burst.min_by_key(|burst| burst.at);
        }
    }

    pub(super) fn deadline(&self) -> Monotonic {
        self.next_announcement
            .map_or(self.next_advertisement, |next| {
                next.at.min(self.next_advertisement)
            })
    }

    /// Whether Adver_Timer has come; if so it is set again, from when it should have come, so that it does not drift (C110). A wake-up that is
    /// late by more than an interval does not lead to a burst.
    pub(super) fn is_advertisement_due(&mut self, now: Monotonic, interval: Duration) -> bool {
        if now < self.next_advertisement {
            return false;
        }
        let next = self.next_advertisement + interval;
        self.next_advertisement = if next > now {
            next
        } else {
            at_a_tick(now, interval)
        };
        true
    }

    /// The rounds of the burst that has come, if one has.
    pub(super) fn announcement_due(
        &mut self,
        now: Monotonic,
        announcements: &Announcements,
    ) -> Option<u32> {
        let due = self.next_announcement.filter(|next| now >= next.at)?;
        self.next_announcement = refresh(now, announcements);
        self.announced = now;
        Some(due.rounds)
    }

    /// Whether somebody may be answered, or at least talked of.
    pub(super) fn may_answer(&mut self, now: Monotonic, interval: Duration) -> bool {
        let pause = interval / ANSWERS_PER_INTERVAL;
        if self.answered.is_some_and(|last| now.since(last) < pause) {
            return false;
        }
        self.answered = Some(now);
        true
    }

    /// An advertisement leaves that is not due, and counts as the next one (RFC 9568 §6.4.3: Adver_Timer restarts).
    pub(super) fn advertises_early(&mut self, now: Monotonic, interval: Duration) {
        self.next_advertisement = at_a_tick(now, interval);
    }

    /// Whether it is news that somebody lists what he must not.
    pub(super) fn learns_of_list(&mut self, heard: &Advertisement) -> bool {
        let list = Some((heard.source, heard.list_digest));
        std::mem::replace(&mut self.refused_list, list) != list
    }

    /// Whether it is news that `rival` says he owns the addresses too.
    pub(super) fn learns_of_rival(&mut self, rival: IpAddr) -> bool {
        self.rival.replace(rival) != Some(rival)
    }

    /// Whether a burst may leave now. In any case one follows after the usual delay: whoever made this one necessary may still be announcing
    /// the addresses himself, and the last word must be ours.
    pub(super) fn may_announce_again(
        &mut self,
        now: Monotonic,
        announcements: &Announcements,
    ) -> bool {
        if let Some(delay) = announcements.again_after {
            let rounds = announcements.rounds;
            self.next_announcement = Some(Announcement {
                at: now + delay,
                rounds,
            });
        }
        if now.since(self.announced) < ANNOUNCEMENT_PAUSE {
            return false;
        }
        self.announced = now;
        true
    }
}

fn refresh(now: Monotonic, announcements: &Announcements) -> Option<Announcement> {
    let rounds = announcements.refresh_rounds;
    announcements.refresh.map(|every| Announcement {
        at: now + every,
        rounds,
    })
}
