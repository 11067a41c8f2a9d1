//! The story as a picture that a browser draws, in light or dark.

use std::time::Duration;

use svg::Document;
use svg::node::element::{Circle, Description, Group, Line, Rectangle, Style, Text, Title};

use super::tracks::{Condition, NodeTrack, Span, Tracks};
use crate::moment::Seconds;
use crate::node::RoleName;
use crate::observer::NodeName;

/// All of it; heights follow from what there is.
const WIDTH: u64 = 1200;
/// Where time begins, right of the lanes' names, and where it ends.
const LEFT: u64 = 130;
const RIGHT: u64 = 1180;
/// Above the first lane.
const HEAD: u64 = 64;
/// One lane.
const LANE: u64 = 26;
/// A line of the legend.
const ROW: u64 = 20;
/// What is narrower than this has no room for a word.
const ROOM_FOR_A_WORD: u64 = 62;
/// Marks that are closer than this are one.
const DOT: u64 = 2;
/// As many numbers as the axis bears.
const MOST_TICKS: u64 = 20;

const LOOK: &str = "
    text { font: 13px sans-serif; fill: #222 }
    .faint { fill: #666 } .title { font-size: 16px; font-weight: bold }
    .word { fill: #fff; font-size: 12px }
    .axis, .deed { stroke: #999; stroke-width: 1 } .deed { stroke-dasharray: 2 3 }
    .active { fill: #1a7f37 } .backup { fill: #6e7781 } .fault, .missed { fill: #cf222e }
    .down { fill: #d0d7de } .other { fill: #9a6700 }
    .r1 { fill: #0969da } .r2 { fill: #8250df } .stranger { fill: #bc4c00 }
    .tick { fill: #999 } .number { fill: #222 } .in-number { fill: #fff; font-size: 11px }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .faint { fill: #9198a1 }
      .down { fill: #3d444d } .number { fill: #e6edf3 } .in-number { fill: #0d1117 }
      .active { fill: #2ea043 } .r1 { fill: #4493f8 } .r2 { fill: #ab7df8 }
      .word { fill: #fff }
    }";

/// Draws it.
pub(super) fn draw(tracks: &Tracks) -> Document {
    let canvas = Canvas {
        length: tracks.length,
    };
    let lanes = lanes(tracks, &canvas);
    let bottom = HEAD + times(lanes.len(), LANE);
    let height = bottom + 40 + times(tracks.deeds.len() + 1, ROW);
    let mut drawing = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new("A run of the lab"))
        .add(Description::new().add(svg::node::Text::new(told(tracks))))
        .add(Style::new(LOOK))
        .add(text("A run of the lab", 16, 24, "title"))
        .add(axis(&canvas, bottom));
    for (number, (at, what)) in tracks.deeds.iter().enumerate() {
        drawing = drawing
            .add(deed(&canvas, *at, number, bottom))
            .add(legend(number, what, bottom));
    }
    for (number, (name, marks)) in lanes.into_iter().enumerate() {
        let top = HEAD + times(number, LANE);
        let lane = Group::new()
            .set("transform", format!("translate(0 {top})"))
            .add(text(name, 16, 17, ""))
            .add(marks);
        drawing = drawing.add(lane);
    }
    drawing.add(text(KEY, 16, height - 8, "faint"))
}

const KEY: &str = "adverts: one mark each, taller for a farewell (priority 0); rejected: counted in the kernel; \
                   client: who answered, red where nobody did; stranger: forged adverts and claims";

/// So many of a height, as far as a picture goes.
fn times(count: usize, height: u64) -> u64 {
    u64::try_from(count).map_or(u64::MAX, |count| count.saturating_mul(height))
}

fn lanes(tracks: &Tracks, canvas: &Canvas) -> Vec<(&'static str, Group)> {
    let [r1, r2] = &tracks.nodes;
    let mut lanes = vec![
        ("r1", conditions(r1, canvas)),
        ("r1 adverts", adverts(r1, NodeName::R1, canvas)),
        ("r1 rejected", rejected(r1, canvas)),
        ("r2", conditions(r2, canvas)),
        ("r2 adverts", adverts(r2, NodeName::R2, canvas)),
        ("r2 rejected", rejected(r2, canvas)),
        ("client", answers(&tracks.answers, canvas)),
    ];
    let strangers = marks(&tracks.strangers, canvas, "stranger", 5);
    lanes.push(("stranger", strangers));
    lanes
}

/// Where a time is.
struct Canvas {
    length: Duration,
}

impl Canvas {
    fn x(&self, at: Duration) -> u64 {
        let width = u128::from(RIGHT - LEFT);
        let length = self.length.as_nanos().max(1);
        let from_left = width * at.as_nanos().min(length) / length;
        u64::try_from(from_left).map_or(RIGHT, |from_left| LEFT + from_left)
    }
}

fn conditions(node: &NodeTrack, canvas: &Canvas) -> Group {
    node.conditions.iter().fold(Group::new(), |lane, span| {
        let (class, word) = match span.what {
            Condition::Down => ("down", "down"),
            Condition::Paused => ("other", "paused"),
            Condition::Starting => ("other", "starts"),
            Condition::Is(RoleName::Master) => ("active", "MASTER"),
            Condition::Is(RoleName::Backup) => ("backup", "BACKUP"),
            Condition::Is(RoleName::Fault) => ("fault", "FAULT"),
        };
        let style = if class == "down" { "faint" } else { "word" };
        worded(lane, span, canvas, word, (class, style))
    })
}

fn answers(answers: &[Span<Option<NodeName>>], canvas: &Canvas) -> Group {
    answers.iter().fold(Group::new(), |lane, span| {
        let class = span.what.map_or("missed", NodeName::as_str);
        let word = span.what.map_or("no answer", NodeName::as_str);
        worded(lane, span, canvas, word, (class, "word"))
    })
}

/// A bar with a word in it, if there is room, and for the mouse in any case.
fn worded<T>(
    lane: Group,
    span: &Span<T>,
    canvas: &Canvas,
    word: &str,
    (class, style): (&str, &str),
) -> Group {
    let lane = lane.add(bar(span, canvas, class).add(Title::new(word)));
    let (from, to) = (canvas.x(span.from), canvas.x(span.to));
    if to - from < ROOM_FOR_A_WORD {
        return lane;
    }
    lane.add(text(word, from + 6, 17, style))
}

fn bar<T>(span: &Span<T>, canvas: &Canvas, class: &str) -> Rectangle {
    let (from, to) = (canvas.x(span.from), canvas.x(span.to));
    // What is short is seen all the same.
    rectangle(from, (to - from).max(DOT), 4, LANE - 8, class)
}

fn adverts(node: &NodeTrack, name: NodeName, canvas: &Canvas) -> Group {
    marks(&node.adverts, canvas, name.as_str(), 9).add(marks(&node.farewells, canvas, "missed", 3))
}

/// A mark for each moment; those that touch are one.
fn marks(moments: &[Duration], canvas: &Canvas, class: &str, top: u64) -> Group {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for x in moments.iter().map(|at| canvas.x(*at)) {
        match spans.last_mut() {
            Some((_, end)) if x - *end < DOT => *end = x,
            _ => spans.push((x, x)),
        }
    }
    spans.into_iter().fold(Group::new(), |lane, (from, to)| {
        lane.add(rectangle(from, to - from + DOT, top, LANE - 4 - top, class))
    })
}

/// The number wherever it became another, as far as there is room.
fn rejected(node: &NodeTrack, canvas: &Canvas) -> Group {
    let mut free = LEFT;
    let (mut lane, mut left_out) = (Group::new(), None);
    let number =
        |lane: Group, x: u64, count: u64| lane.add(text(&count.to_string(), x, 17, "faint"));
    for (at, count) in &node.rejected {
        let x = canvas.x(*at);
        if x < free {
            left_out = Some(*count);
            continue;
        }
        left_out = None;
        lane = number(lane, x, *count);
        free = x + ROOM_FOR_A_WORD;
    }
    // The last number is the one that matters.
    match left_out {
        Some(count) => number(lane, free, count),
        None => lane,
    }
}

fn axis(canvas: &Canvas, bottom: u64) -> Group {
    let seconds = canvas.length.as_secs().max(1);
    let steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
    let step = steps.into_iter().find(|step| seconds / step <= MOST_TICKS);
    let step = step.unwrap_or(seconds);
    let line = Line::new()
        .set("class", "axis")
        .set("x1", LEFT)
        .set("x2", RIGHT)
        .set("y1", bottom + 2)
        .set("y2", bottom + 2);
    let ticks = (0..=seconds / step).map(|number| number * step);
    ticks.fold(Group::new().add(line), |axis, second| {
        let x = canvas.x(Duration::from_secs(second));
        let number = text(&format!("{second} s"), x, bottom + 20, "faint");
        axis.add(rectangle(x, 1, bottom, 5, "tick"))
            .add(number.set("text-anchor", "middle"))
    })
}

fn deed(canvas: &Canvas, at: Duration, number: usize, bottom: u64) -> Group {
    let x = canvas.x(at);
    let line = Line::new()
        .set("class", "deed")
        .set("x1", x)
        .set("x2", x)
        .set("y1", HEAD - 6)
        .set("y2", bottom);
    Group::new().add(line).add(numbered(number, x, HEAD - 16))
}

fn legend(number: usize, what: &str, bottom: u64) -> Group {
    let y = bottom + 40 + times(number, ROW);
    Group::new()
        .add(numbered(number, 24, y - 4))
        .add(text(what, 40, y, ""))
}

fn numbered(number: usize, x: u64, y: u64) -> Group {
    let circle = Circle::new()
        .set("class", "number")
        .set("cx", x)
        .set("cy", y)
        .set("r", 9);
    let label = text(&(number + 1).to_string(), x, y + 4, "in-number");
    Group::new()
        .add(circle)
        .add(label.set("text-anchor", "middle"))
}

fn rectangle(x: u64, width: u64, y: u64, height: u64, class: &str) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
}

fn text(words: &str, x: u64, y: u64, class: &str) -> Text {
    // XML has no way to write most control characters.
    let words = words.replace(char::is_control, "?");
    let text = Text::new(words).set("x", x).set("y", y);
    if class.is_empty() {
        text
    } else {
        text.set("class", class)
    }
}

/// For those who do not see it.
fn told(tracks: &Tracks) -> String {
    let seconds = tracks.length.as_secs();
    let [r1, r2] = NodeName::BOTH.map(|name| {
        let conditions = tracks.nodes[name.index()].conditions.iter();
        conditions
            .filter(|span| span.what == Condition::Is(RoleName::Master))
            .count()
    });
    let missed: Duration = tracks
        .answers
        .iter()
        .filter(|span| span.what.is_none())
        .map(|span| span.to.saturating_sub(span.from))
        .sum();
    format!(
        "{seconds} seconds of two nodes, their roles, adverts and rejected adverts, a client's answers and a stranger's frames. \
         Times as MASTER: r1 {r1}, r2 {r2}. The client had no answer for {} in all.",
        Seconds(missed)
    )
}
