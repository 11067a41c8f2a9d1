use std::time::Duration;

use super::picture;
use super::record::{Deed, Story};
use super::tracks::{Condition, Tracks};
use super::{Report, lines};
use crate::moment::Moment;
use crate::node::RoleName;
use crate::observer::{Life, News, NodeName, Observation, Seen};

fn at(milliseconds: u64) -> Moment {
    Moment::from_nanoseconds(milliseconds * 1_000_000)
}

fn story(seen: Vec<(u64, Seen)>) -> Story {
    let to = seen.last().map_or(0, |(at, _)| *at);
    let seen = seen.into_iter();
    Story {
        seen: seen
            .map(|(milliseconds, what)| Observation {
                at: at(milliseconds),
                what,
            })
            .collect(),
        deeds: vec![Deed {
            at: at(900),
            what: "kill -9 <r1> & \u{7}\"more\"".into(),
        }],
        missed: 0,
        from: at(0),
        to: at(to),
    }
}

fn of_r1(news: News) -> Seen {
    Seen::Of(NodeName::R1, news)
}

fn said(line: &str) -> Seen {
    of_r1(News::Said(line.into()))
}

/// r1 is Active and paused, dies with a farewell, and a client and a stranger are there.
fn a_short_life() -> Story {
    let advert = |from, priority| Seen::Advertisement { from, priority };
    let r1 = Some(NodeName::R1);
    story(vec![
        (0, of_r1(News::Daemon(Life::Runs))),
        (100, said("(HA_V1) Entering MASTER STATE")),
        (150, advert(r1, 101)),
        (200, Seen::Answer(r1)),
        (400, of_r1(News::Daemon(Life::Paused))),
        (450, Seen::Answer(None)),
        (600, of_r1(News::Daemon(Life::Runs))),
        (700, advert(None, 254)),
        (
            800,
            of_r1(News::Counted(vec![
                ("authentication_failure".into(), 7),
                ("accepted".into(), 9),
            ])),
        ),
        (950, advert(r1, 0)),
        (1000, of_r1(News::Daemon(Life::Ended))),
        (2000, Seen::Answer(None)),
    ])
}

#[test]
fn what_a_node_was_follows_from_its_words_and_its_life() {
    let tracks = Tracks::of(&a_short_life());
    let [r1, r2] = &tracks.nodes;
    let conditions: Vec<_> = r1
        .conditions
        .iter()
        .map(|span| (span.from.as_millis(), span.what))
        .collect();
    let master = Condition::Is(RoleName::Master);
    assert_eq!(
        conditions,
        [
            (0, Condition::Down),
            (0, Condition::Starting),
            (100, master),
            (400, Condition::Paused),
            (600, master),
            (1000, Condition::Down),
        ]
    );
    assert_eq!(
        r1.conditions.last().map(|span| span.to),
        Some(tracks.length)
    );
    assert_eq!(r2.conditions.len(), 1, "it never ran");
    assert_eq!(r1.rejected, [(Duration::from_millis(800), 7)]);
    assert_eq!((r1.adverts.len(), r1.farewells.len()), (1, 1));
    assert_eq!(tracks.strangers.len(), 1);
}

#[test]
fn the_picture_is_sound_whatever_somebody_did() {
    let picture = picture::draw(&Tracks::of(&a_short_life())).to_string();
    let document = roxmltree::Document::parse(&picture).expect("it is well-formed");
    let text: String = document
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    assert!(text.contains("kill -9 <r1> & ?\"more\""), "{text}");
    assert!(text.contains("Times as MASTER: r1 2, r2 0"), "{text}");
    assert!(text.contains("no answer for 1.550 s"), "{text}");
}

#[test]
fn a_flood_is_one_mark() {
    let stranger = || Seen::Advertisement {
        from: None,
        priority: 254,
    };
    let flood = (0..100_000)
        .map(|number| (number / 10, stranger()))
        .collect();
    let picture = picture::draw(&Tracks::of(&story(flood))).to_string();
    assert!(picture.len() < 20_000, "{} bytes", picture.len());
}

#[test]
fn the_lines_have_everybody_in_order() {
    let text = lines::tell(&a_short_life());
    let places = [
        "Entering MASTER",
        "is paused",
        "you      kill -9",
        "a farewell",
        "has ended",
    ]
    .map(|words| text.find(words).expect(words));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn a_folder_with_something_else_is_refused_and_an_earlier_report_is_not() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let inside = folder.path().join("new").join("newer");
    Report::into_folder(&inside).expect("it is made");
    std::fs::write(inside.join(super::LINES), "").expect("it can be written");
    Report::into_folder(&inside).expect("an earlier report is written over");
    std::fs::write(inside.join("thesis.txt"), "").expect("it can be written");
    let refused = Report::into_folder(&inside).expect_err("that is no report");
    assert!(refused.to_string().contains("thesis.txt"), "{refused}");
}
