//! What keepalived lets one choose about the election.

use super::*;

fn conduct(priority: u8, version: Version, change: impl FnOnce(&mut Conduct)) -> Settings {
    let mut settings = settings(priority, version);
    change(&mut settings.conduct);
    settings
}

fn patient(priority: u8) -> Story {
    let delay = |conduct: &mut Conduct| conduct.preempt_delay = SECOND * 3;
    let mut story = router(conduct(priority, Version::V3, delay));
    story.starts();
    story.forgets();
    story
}

const SECOND: Duration = Duration::from_secs(1);

/// Hears `priority` at once and then every second, `count` times in all.
fn hears_each_second(story: &mut Story, priority: u8, count: u32) {
    for turn in 0..count {
        if turn > 0 {
            story.waits(SECOND);
        }
        story.hears(priority);
    }
}

/// C102+: the delay counts from the first lower advert, and then the time that is left runs out.
#[test]
fn a_lower_active_router_is_listened_to_until_the_preempt_delay_has_passed() {
    let mut router = patient(150);
    hears_each_second(&mut router, 100, 3);
    assert_eq!(router.did(), ["preemption delayed", "learned"]);
    assert_eq!(router.router.threshold(), Priority::LOWEST);

    router.waits(SECOND);
    assert_eq!(router.did(), ["preemption due"]);
    assert_eq!(router.router.threshold().get(), 150);
    router.hears(100);
    assert_eq!(router.did(), ["lower discarded"]);
    // Skew: 106/256 s. The last advert that counted came two seconds after the first.
    router.waits(millis(2_414));
    assert!(router.is(State::Backup));
    router.waits(millis(1));
    assert!(router.is(State::Active));
}

/// C102+
#[test]
fn an_equal_or_higher_advert_in_between_begins_the_preempt_delay_anew() {
    let mut router = patient(150);
    hears_each_second(&mut router, 100, 3);
    router.hears_from([192, 168, 0, 200], 150);
    router.hears(100);
    router.forgets();
    hears_each_second(&mut router, 100, 3);
    assert!(router.did().is_empty(), "the delay runs");
    router.waits(SECOND);
    assert_eq!(router.did(), ["preemption due"]);
}

#[test]
fn an_advert_that_arrived_after_the_preempt_delay_counts_as_such_however_late_it_is_told() {
    let mut router = patient(150);
    router.hears(100);
    router.waits_without_deadlines(millis(3_001));
    router.forgets();
    router.hears(100);
    assert_eq!(router.did(), ["lower discarded"]);
}

#[test]
fn silence_ends_a_preempt_delay() {
    let mut router = patient(150);
    router.hears(100);
    router.waits(millis(3_415));
    assert!(router.is(State::Active));
}

/// C101+ C102-
#[test]
fn the_owner_waits_for_no_preempt_delay() {
    let delay = |conduct: &mut Conduct| conduct.preempt_delay = SECOND * 3;
    let mut router = router(conduct(255, Version::V3, delay));
    router.starts();
    assert!(router.is(State::Active));
    router.hears_from([192, 168, 0, 200], 255);
    assert!(router.is(State::Backup));
    assert_eq!(router.router.threshold(), Priority::OWNER);
}

#[test]
fn a_router_counts_as_many_silent_intervals_as_it_is_told() {
    let mut settings = settings(100, Version::V2);
    settings.conduct.silent_intervals = 10;
    let mut router = router(settings);
    router.starts();
    router.waits(micros(10_609_374));
    assert!(router.is(State::Backup));
    router.waits(micros(1));
    assert!(router.is(State::Active));
}

/// C168+ C191+: what RFC 5798 says, for whoever wants it.
#[test]
fn with_lower_prio_no_advert_the_network_is_told_and_the_other_router_is_not() {
    let mut settings = settings(150, Version::V3);
    settings.conduct.answers_lower = false;
    let mut router = active_with(settings);
    router.waits(millis(1_500));
    router.forgets();
    router.hears(100);
    assert_eq!(router.did(), ["lower answered", "announce ×5"]);
    // Adver_Timer runs on.
    router.waits(millis(500));
    assert_eq!(router.did(), ["send 150"]);
}

#[test]
fn with_higher_prio_send_advert_a_last_advert_leaves() {
    let mut settings = settings(100, Version::V3);
    settings.conduct.answers_higher = true;
    let mut router = active_with(settings);
    router.hears(150);
    assert_eq!(
        router.did(),
        [
            "better heard",
            "send 100",
            "release",
            "Active→Backup",
            "learned"
        ]
    );
}

/// C029+ C029- C167+ C167- C192+ C192-
#[test]
fn an_owner_ignores_others_only_if_it_is_told_to() {
    let other = [192, 168, 0, 200];
    let mut listens = router(settings(255, Version::V3));
    listens.starts();
    listens.hears_from(other, 255);
    assert!(listens.is(State::Backup));

    let ignores = |conduct: &mut Conduct| conduct.owner_listens = false;
    let mut ignores = router(conduct(255, Version::V3, ignores));
    ignores.starts();
    ignores.forgets();
    ignores.hears_from(other, 255);
    ignores.hears_from(other, 0);
    assert!(ignores.is(State::Active));
    assert!(ignores.did().is_empty());
}

/// C043+
#[test]
fn a_second_owner_is_told_of_once() {
    let mut router = router(settings(255, Version::V3));
    router.starts();
    router.forgets();
    router.hears(255);
    assert_eq!(router.did()[..2], ["second owner", "lower answered"]);
    router.waits(SECOND);
    router.forgets();
    router.hears(255);
    assert!(!router.did().contains(&"second owner".to_owned()));
}

/// C166-: strict mode: what lists other addresses counts for nothing, goodbyes and the owner excepted. It is said once.
#[test]
fn in_strict_version_2_an_advert_with_other_addresses_is_not_heard() {
    let refuses = |conduct: &mut Conduct| conduct.refuses_other_lists = true;
    let mut router = router(conduct(100, Version::V2, refuses));
    router.starts();
    router.forgets();
    router.hears_list(150, 1);
    router.hears_list(150, 1);
    assert_eq!(router.did(), ["list refused"]);
    router.waits(millis(3_610));
    assert!(router.is(State::Active), "that was silence");

    router.forgets();
    router.hears_list(150, 1);
    router.hears_list(150, 1);
    assert_eq!(router.did(), ["list refused"]);
    assert!(router.is(State::Active));
    router.hears_list(255, 1);
    assert!(router.is(State::Backup), "the owner is believed");
}

/// C041+: `skip_check_adv_addr`
#[test]
fn lists_are_compared_only_of_somebody_new_if_so_configured() {
    let skips = |conduct: &mut Conduct| conduct.compares_every_list = false;
    let mut router = router(conduct(100, Version::V3, skips));
    router.starts();
    router.hears(150);
    router.forgets();
    router.hears_list(150, 1);
    assert_eq!(router.did(), [""; 0]);
}

#[test]
fn in_strict_mode_a_lower_router_is_answered_without_announcements() {
    let strict = |conduct: &mut Conduct| conduct.announces_after_lower = false;
    let mut router = router(conduct(150, Version::V3, strict));
    router.starts();
    router.waits(SECOND * 4);
    assert!(router.is(State::Active));
    router.waits(SECOND * 2);
    router.forgets();
    router.hears(100);
    assert_eq!(router.did(), ["lower answered", "send 150"]);
}

/// C041+ C166+: as keepalived since 2.3.3.
#[test]
fn a_list_that_differs_is_heard_and_said_once() {
    let mut router = router(settings(100, Version::V2));
    router.starts();
    router.hears(150);
    router.forgets();
    for _ in 0..5 {
        router.waits(SECOND);
        router.hears_list(150, 1);
    }
    assert_eq!(router.did(), ["list differs"]);
    assert!(router.is(State::Backup));
}

/// C072-
#[test]
fn who_is_not_listened_to_teaches_no_interval() {
    let mut router = router(settings(150, Version::V3));
    router.starts();
    router.forgets();
    router.hears_every(100, SECOND * 30);
    assert_eq!(router.did(), ["lower discarded"]);
    router.waits(millis(3_415));
    assert!(router.is(State::Active), "at its own interval");
}
