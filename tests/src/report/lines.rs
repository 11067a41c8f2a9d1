//! The story in lines.

use std::fmt::Write as _;

use super::record::Story;
use crate::moment::Moment;
use crate::screen::Narrator;

/// Every line of both daemons and everything else worth one, by time.
pub(super) fn tell(story: &Story) -> String {
    let mut narrator = Narrator::default();
    let seen = story.seen.iter();
    let mut lines: Vec<_> = seen
        .filter_map(|observation| narrator.tell(observation))
        .map(|line| (line.at, line.who.as_str(), line.text))
        .collect();
    let deeds = story.deeds.iter();
    lines.extend(deeds.map(|deed| (deed.at, "you", deed.what.clone())));
    lines.sort_by_key(|(at, ..)| *at);

    let mut text = String::from(
        "# Seconds since the beginning, who, and what. Frames and answers carry their own times; what a node says or has is\n\
         # noticed within 0.05 s.\n",
    );
    for (at, who, what) in lines {
        let what = what.replace(char::is_control, "?");
        // Writing to a text does not fail.
        writeln!(text, "{:>9}  {who:9}{what}", since(at, story.from)).ok();
    }
    if story.missed > 0 {
        writeln!(text, "# {} later observations are left out", story.missed).ok();
    }
    text
}

fn since(at: Moment, from: Moment) -> String {
    let time = at.since(from);
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}
