//! The picture, drawn from the model and from nothing else.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Wrap};

use super::keys::{BINDINGS, Binding, Does};
use super::lanes::{Column, Mark, Served};
use super::model::Model;
use super::narrator::{Line, Who};
use super::theme::Theme;
use crate::observer::NodeName;
use crate::seeds;

mod panel;

/// A panel's seven rows and its border.
const PANEL: u16 = 9;
/// The four lanes and their title.
const LANES: u16 = 5;
/// What stands before a lane.
const LANE_NAME: u16 = 10;
/// What stands before what a line of the log says.
const LINE_HEAD: u16 = 17;
/// On less than this the panels, the help or the keys would be cut: 80 by 24 without two rows that a multiplexer takes.
const LEAST: Size = Size::new(80, 22);

/// Draws all of it, or that there is no room for it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let area = frame.area();
    if area.width < LEAST.width || area.height < LEAST.height {
        draw_no_room(frame, theme);
        return;
    }
    let footer = footer(area.width, theme);
    let footer_rows = u16::try_from(footer.len()).unwrap_or(1);
    let [title, panels, lanes, log, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(PANEL),
        Constraint::Length(LANES),
        Constraint::Fill(1),
        Constraint::Length(footer_rows),
    ])
    .areas(area);
    frame.render_widget(title_row(model, theme), title);
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(panels);
    panel::draw(frame, model, NodeName::R1, theme, left);
    panel::draw(frame, model, NodeName::R2, theme, right);
    draw_lanes(frame, model, theme, lanes);
    draw_log(frame, model, theme, log);
    frame.render_widget(Paragraph::new(footer), keys);
    if model.shows_help {
        draw_help(frame, theme);
    }
}

/// The lab goes on meanwhile, and so do the keys.
fn draw_no_room(frame: &mut Frame<'_>, theme: Theme) {
    let area = frame.area();
    let rows = vec![
        Row::styled("too small", theme.bad()),
        Row::raw(format!(
            "{} by {}, and the lab needs {} by {}; q leaves",
            area.width, area.height, LEAST.width, LEAST.height
        )),
    ];
    frame.render_widget(Paragraph::new(rows).wrap(Wrap { trim: true }), area);
}

fn title_row(model: &Model, theme: Theme) -> Row<'static> {
    let time = model.now.since(model.began).as_secs();
    let mut row = vec![
        Span::styled(" xvrrpd lab", theme.strong()),
        Span::raw(format!("  {}:{:02}   ", time / 60, time % 60)),
    ];
    if let Some(what) = &model.making {
        row.push(Span::styled(format!("making {what} ..."), theme.odd()));
        return Row::from(row);
    }
    let [first, second] = seeds::ADDRESSES;
    let last = second.octets()[3];
    row.push(Span::raw(format!("{first} and .{last}: ")));
    row.push(match model.holders()[..] {
        [] => Span::styled("nobody", theme.bad()),
        [one] => Span::styled(one.as_str(), theme.node(one)),
        _ => Span::styled("both nodes!", theme.bad()),
    });
    row.push(Span::raw("   client: "));
    row.push(model.served_by.map_or_else(
        || Span::styled("no answer", theme.bad()),
        |node| Span::styled(format!("{node} answers"), theme.node(node)),
    ));
    Row::from(row)
}

fn draw_lanes(frame: &mut Frame<'_>, model: &Model, theme: Theme, area: Rect) {
    let count = usize::from(area.width.saturating_sub(LANE_NAME + 1));
    let columns: Vec<_> = model.lanes.last(count).collect();
    let lane = |name: &str, style: Style, cell: &dyn Fn(&Column) -> Span<'static>| {
        let name = format!(" {name:9}");
        let mut row = vec![Span::styled(name, style)];
        row.extend(columns.iter().map(|column| cell(column)));
        Row::from(row)
    };
    let node = |name: NodeName| {
        let style = theme.node(name);
        lane(name.as_str(), style, &|column| {
            Span::styled(node_mark(column.nodes[name.index()]), style)
        })
    };
    let rows = vec![
        node(NodeName::R1),
        node(NodeName::R2),
        lane("client", Style::new(), &|column| {
            served(column.served, theme)
        }),
        lane("stranger", Style::new(), &|column| {
            let mark = if column.stranger { "x" } else { " " };
            Span::styled(mark, theme.odd())
        }),
    ];
    frame.render_widget(Paragraph::new(rows).block(headed(LEGEND, theme)), area);
}

const LEGEND: &str =
    " half a second each: | advert  0 farewell  = MASTER  . BACKUP  1 2 answer  x no ";

const fn node_mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Absent => " ",
        Mark::Waits => ".",
        Mark::Active => "=",
        Mark::Advertised => "|",
        Mark::Farewell => "0",
    }
}

fn served(served: Served, theme: Theme) -> Span<'static> {
    match served {
        Served::Unknown => Span::raw(" "),
        Served::By(NodeName::R1) => Span::styled("1", theme.node(NodeName::R1)),
        Served::By(NodeName::R2) => Span::styled("2", theme.node(NodeName::R2)),
        Served::Missed => Span::styled("x", theme.bad()),
    }
}

fn draw_log(frame: &mut Frame<'_>, model: &Model, theme: Theme, area: Rect) {
    let count = usize::from(area.height.saturating_sub(1));
    let lines = model.last_lines(count);
    let rows: Vec<_> = lines
        .map(|line| log_row(line, model, theme, area.width))
        .collect();
    frame.render_widget(Paragraph::new(rows).block(headed(" log ", theme)), area);
}

fn log_row(line: &Line, model: &Model, theme: Theme, width: u16) -> Row<'static> {
    let style = match line.who {
        Who::Node(node) => theme.node(node),
        Who::Client => Style::new(),
        Who::Stranger => theme.odd(),
        Who::Player => theme.strong(),
    };
    Row::from(vec![
        Span::styled(
            format!("{:>7} ", tenths(line.at.since(model.began))),
            theme.faint(),
        ),
        Span::styled(format!("{:9}", line.who.as_str()), style),
        Span::raw(fitting(&line.text, width.saturating_sub(LINE_HEAD))),
    ])
}

/// What somebody said, with a sign where it was cut. A daemon, or whoever writes it a mail, is not trusted with the terminal.
fn fitting(text: &str, width: u16) -> String {
    let (text, width) = (text.replace(char::is_control, "?"), usize::from(width));
    if Span::raw(&text).width() <= width {
        return text;
    }
    let mut cut = text;
    while Span::raw(&cut).width() >= width && cut.pop().is_some() {}
    cut + "…"
}

/// Between two keys of the footer.
const APART: &str = "  ";

/// Every key with a word, in as many rows as it takes.
fn footer(width: u16, theme: Theme) -> Vec<Row<'static>> {
    let mut rows: Vec<Row<'static>> = Vec::new();
    for binding in BINDINGS {
        let key = Span::styled(binding.key_name(), theme.strong());
        let word = Span::styled(format!(" {}", binding.name), theme.faint());
        let needed = APART.len() + key.width() + word.width();
        // A key and its word are not parted.
        match rows.last_mut() {
            Some(row) if row.width() + needed <= usize::from(width) => {
                row.extend([Span::raw(APART), key, word]);
            }
            _ => rows.push(Row::from_iter([key, word])),
        }
    }
    rows
}

fn draw_help(frame: &mut Frame<'_>, theme: Theme) {
    let mut rows: Vec<_> = BINDINGS
        .iter()
        .map(|binding| help_row(binding, theme))
        .collect();
    rows.extend(NOTES.map(|note| Row::styled(note, theme.faint())));
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let area = frame
        .area()
        .centered(Constraint::Length(66), Constraint::Length(height + 2));
    let block = Block::bordered()
        .title(" keys ")
        .title_style(theme.strong());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(rows).block(block), area);
}

const NOTES: [&str; 3] = [
    " Keys act on the node with the arrow; f and g on the network.",
    " Time goes from left to right. A node is blank while it is down,",
    " paused or in FAULT; the stranger's x is a forged frame.",
];

fn help_row(binding: &Binding, theme: Theme) -> Row<'static> {
    let style = match binding.does {
        Does::Deed(deed) if deed.mends() => theme.good(),
        Does::Deed(_) => theme.bad(),
        Does::SelectOther | Does::Help | Does::Quit => theme.strong(),
    };
    Row::from(vec![
        Span::styled(format!(" {:>3}  ", binding.key_name()), style),
        Span::raw(binding.help),
    ])
}

fn headed(title: &'static str, theme: Theme) -> Block<'static> {
    Block::new()
        .borders(Borders::TOP)
        .border_style(theme.faint())
        .title(title)
}

/// A time as people read it at a glance: `12.3`.
fn tenths(time: Duration) -> String {
    format!("{}.{}", time.as_secs(), time.subsec_millis() / 100)
}
