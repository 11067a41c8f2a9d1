//! Pictures of the results: one curve for each daemon, both axes logarithmic.

use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Line, Path, Style, Text, Title};

use crate::results::{Results, Row, Spread};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 310.0;

const LOOK: &str = "
    text { font: 13px sans-serif; fill: #222 } .title { font-size: 16px; font-weight: bold }
    .axis { stroke: #bbb; stroke-width: 1 } path { fill: none; stroke-width: 2 }
    .ours { stroke: #1a7f37; fill: #1a7f37 } .theirs { stroke: #cf222e; fill: #cf222e }
    path.ours, path.theirs { fill: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .axis { stroke: #3d444d }
      .ours { stroke: #2ea043; fill: #2ea043 } .theirs { stroke: #f85149; fill: #f85149 }
    }";

/// The pictures: file, title, drawing.
pub(crate) fn all(results: &Results) -> Vec<(String, &'static str, Document)> {
    let wanted = [
        (
            "takeover.svg",
            "first advert to the last address announced",
            "Takeover time (ms) against number of addresses",
        ),
        (
            "gap.svg",
            "longest gap between adverts, takeover",
            "Longest gap between adverts (ms) against number of addresses",
        ),
    ];
    wanted
        .into_iter()
        .filter_map(|(file, figure, title)| {
            let rows = results.rows.iter().filter(|row| row.figure.name == figure);
            let points: Vec<_> = rows.filter_map(point).collect();
            let drawing = (points.len() > 1).then(|| draw(title, &points))?;
            Some((file.to_owned(), title, drawing))
        })
        .collect()
}

/// How many addresses, what it took us, and what it took the other.
struct Point {
    count: f64,
    ours: Option<f64>,
    theirs: Option<f64>,
}

fn point(row: &Row) -> Option<Point> {
    let median = |values: &[f64]| Spread::of(values).map(|spread| spread.median);
    Some(Point {
        count: row.case.split(' ').next()?.parse().ok()?,
        ours: median(&row.ours),
        theirs: median(&row.keepalived),
    })
}

/// Decades from the least to the greatest.
struct Axis {
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone) -> Self {
        let logs = values.filter(|value| *value > 0.0).map(f64::log10);
        let from = logs.clone().fold(f64::INFINITY, f64::min).floor();
        let to = logs.fold(f64::NEG_INFINITY, f64::max).ceil();
        Self {
            from,
            to: to.max(from + 1.0),
        }
    }

    /// Where a value is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.max(f64::MIN_POSITIVE).log10() - self.from) / (self.to - self.from)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        let mut exponent = self.from;
        let to = self.to;
        std::iter::from_fn(move || {
            let decade = (exponent <= to).then(|| 10_f64.powf(exponent));
            exponent += 1.0;
            decade
        })
    }
}

fn draw(title: &str, points: &[Point]) -> Document {
    let x = Axis::over(points.iter().map(|point| point.count));
    let y = Axis::over(
        points
            .iter()
            .flat_map(|point| [point.ours, point.theirs])
            .flatten(),
    );
    let at_x = |value| LEFT + x.place(value) * (RIGHT - LEFT);
    let at_y = |value| BOTTOM - y.place(value) * (BOTTOM - TOP);
    let mut drawing = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("role", "img")
        .add(Title::new(title))
        .add(Style::new(LOOK))
        .add(
            Text::new(title)
                .set("class", "title")
                .set("x", LEFT)
                .set("y", 24),
        );
    for decade in y.decades() {
        let at = at_y(decade);
        drawing = drawing
            .add(
                Line::new()
                    .set("class", "axis")
                    .set("x1", LEFT)
                    .set("x2", RIGHT)
                    .set("y1", at)
                    .set("y2", at),
            )
            .add(
                Text::new(format!("{decade}"))
                    .set("x", LEFT - 8.0)
                    .set("y", at + 4.0)
                    .set("text-anchor", "end"),
            );
    }
    for point in points {
        let label = Text::new(format!("{}", point.count));
        drawing = drawing.add(
            label
                .set("x", at_x(point.count))
                .set("y", BOTTOM + 20.0)
                .set("text-anchor", "middle"),
        );
    }
    let ours: Vec<_> = points
        .iter()
        .filter_map(|point| Some((point.count, point.ours?)))
        .collect();
    let theirs: Vec<_> = points
        .iter()
        .filter_map(|point| Some((point.count, point.theirs?)))
        .collect();
    for (class, name, curve, row) in [
        ("ours", "xvrrpd", ours, 0.0),
        ("theirs", "keepalived", theirs, 18.0),
    ] {
        let mut data = Data::new();
        for (index, (count, value)) in curve.iter().enumerate() {
            let place = (at_x(*count), at_y(*value));
            data = if index == 0 {
                data.move_to(place)
            } else {
                data.line_to(place)
            };
            drawing = drawing.add(
                Circle::new()
                    .set("class", class)
                    .set("cx", place.0)
                    .set("cy", place.1)
                    .set("r", 4),
            );
        }
        drawing = drawing
            .add(Path::new().set("class", class).set("d", data))
            .add(
                Circle::new()
                    .set("class", class)
                    .set("cx", LEFT + 14.0)
                    .set("cy", TOP + row)
                    .set("r", 4),
            )
            .add(
                Text::new(name)
                    .set("x", LEFT + 24.0)
                    .set("y", TOP + row + 4.0),
            );
    }
    drawing
}
