//! One node.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::super::model::{Model, NodeState};
use super::super::theme::Theme;
use super::{fitting, tenths};
use crate::binaries::Daemon;
use crate::lab;
use crate::moment::Moment;
use crate::node::RoleName;
use crate::observer::{Life, NodeName};

/// What stands before a value.
const NAME: u16 = 10;

/// Draws a node's panel; the selected one's has a heavier border and an arrow.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, name: NodeName, theme: Theme, area: Rect) {
    let node = model.node(name);
    let is_selected = model.selected == name;
    let (arrow, border) = if is_selected {
        (">", BorderType::Thick)
    } else {
        (" ", BorderType::Plain)
    };
    let priority = lab::priority(name);
    let title = format!("{arrow}{name}  {}  priority {priority} ", node.daemon);
    let style = if is_selected {
        theme.strong()
    } else {
        theme.faint()
    };
    let block = Block::bordered()
        .border_type(border)
        .border_style(style)
        .title(Span::styled(title, theme.node(name).patch(theme.strong())));
    let width = block.inner(area).width;
    let rows = rows(node, model.now, theme, width.saturating_sub(NAME));
    frame.render_widget(Paragraph::new(rows).block(block), area);
}

fn rows(node: &NodeState, now: Moment, theme: Theme, width: u16) -> Vec<Row<'static>> {
    let row = |name: &str, value: Span<'static>| {
        let name = Span::styled(format!("{name:10}"), theme.faint());
        let value = Span::styled(fitting(&value.content, width), value.style);
        Row::from(vec![name, value])
    };
    vec![
        role(node, now, theme),
        row("addresses", addresses(node, theme)),
        row("adverts", adverts(node, now)),
        row("dropped", rejected(node, theme)),
        row("script", script(node, theme)),
        Row::from(vec![
            Span::styled("haproxy   ", theme.faint()),
            state(node.serves, "listens", "GONE", theme),
            Span::styled("    eth0 ", theme.faint()),
            state(node.is_plugged, "has a link", "NO LINK", theme),
        ]),
        row("mails", mails(node)),
    ]
}

fn role(node: &NodeState, now: Moment, theme: Theme) -> Row<'static> {
    let (word, style) = match (node.life, node.role) {
        (Life::Ended, _) => ("DOWN", theme.bad()),
        (Life::Paused, _) => ("PAUSED", theme.bad()),
        (Life::Runs, Some(RoleName::Master)) => ("MASTER", theme.good().patch(theme.strong())),
        (Life::Runs, Some(RoleName::Backup)) => ("BACKUP", Style::new().patch(theme.strong())),
        (Life::Runs, Some(RoleName::Fault)) => ("FAULT", theme.bad()),
        (Life::Runs, None) => ("starts", theme.odd()),
    };
    Row::from(vec![
        Span::styled(format!("{word:10}"), style),
        Span::raw(format!("for {} s", now.since(node.since).as_secs())),
    ])
}

fn addresses(node: &NodeState, theme: Theme) -> Span<'static> {
    if node.owns.is_empty() {
        return Span::styled("none", theme.faint());
    }
    let addresses: Vec<_> = node.owns.iter().map(ToString::to_string).collect();
    Span::styled(addresses.join(" "), theme.good())
}

fn adverts(node: &NodeState, now: Moment) -> Span<'static> {
    Span::raw(node.last_advert.map_or_else(
        || "none".to_owned(),
        |last| {
            let ago = tenths(now.since(last));
            format!("{}, the last {ago} s ago", node.adverts)
        },
    ))
}

fn rejected(node: &NodeState, theme: Theme) -> Span<'static> {
    if node.daemon == Daemon::Keepalived {
        return Span::styled("keepalived does not count", theme.faint());
    }
    if node.rejected.is_empty() {
        return Span::styled("none", theme.faint());
    }
    let reasons = node.rejected.iter();
    let reasons: Vec<_> = reasons
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    Span::styled(reasons.join(", "), theme.odd())
}

fn script(node: &NodeState, theme: Theme) -> Span<'static> {
    match &node.script {
        None => Span::styled("not run yet", theme.faint()),
        Some(what) if what.ends_with("succeeded") => Span::styled(what.clone(), theme.good()),
        Some(what) => Span::styled(what.clone(), theme.bad()),
    }
}

fn mails(node: &NodeState) -> Span<'static> {
    if node.mails == 0 {
        return Span::raw("none");
    }
    Span::raw(format!("{}: {}", node.mails, node.last_mail))
}

fn state(is_good: bool, good: &'static str, bad: &'static str, theme: Theme) -> Span<'static> {
    if is_good {
        Span::styled(good, theme.good())
    } else {
        Span::styled(bad, theme.bad())
    }
}
