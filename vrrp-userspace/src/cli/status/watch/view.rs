//! The picture, drawn from the model and from nothing else. It looks like the lab's: the same lanes, the same colours.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Paragraph},
};

use super::{
    super::{
        instance::tone,
        sheet::{Row, Tone},
        words::moment,
    },
    lanes::{Column, Mark},
    model::Model,
};

/// What stands before a lane.
const LANE_NAME: usize = 12;
/// Lanes of instances at most; the page has all of them.
const LANES: usize = 6;

/// Colours, or none. What they say is also said in words or by weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    pub(super) is_coloured: bool,
}

impl Theme {
    fn style(self, tone: Tone) -> Style {
        let (colour, is_bold) = match tone {
            Tone::Plain => (None, false),
            Tone::Good => (Some(Color::Green), false),
            Tone::Odd => (Some(Color::Yellow), false),
            Tone::Bad => (Some(Color::Red), true),
            Tone::Faint => (Some(Color::DarkGray), false),
            Tone::Strong => (None, true),
        };
        let style = match colour {
            Some(colour) if self.is_coloured => Style::new().fg(colour),
            Some(_) | None => Style::new(),
        };
        if is_bold {
            style.add_modifier(Modifier::BOLD)
        } else {
            style
        }
    }
}

/// Draws all of it; 80 by 24 is enough.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, theme: Theme) {
    let instances = model
        .status
        .as_ref()
        .map_or(0, |status| status.instances.len());
    let lanes = u16::try_from(instances.min(LANES)).unwrap_or(0) + 2;
    let [title, picture, page, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(lanes),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(title_row(model, theme), title);
    draw_lanes(frame, model, theme, picture);
    draw_page(frame, model, theme, page);
    frame.render_widget(footer(theme), keys);
}

fn title_row(model: &Model, theme: Theme) -> Line<'static> {
    let mut row = vec![Span::styled(" xvrrpd status  ", theme.style(Tone::Strong))];
    let seen = model.status.as_ref();
    match (&model.trouble, seen) {
        (None, Some(status)) => {
            row.push(Span::raw(format!("{}  ", moment(status.at, &model.zone))));
            row.extend(states(model, theme));
        }
        (None, None) => row.push(Span::raw(format!("asking at {}", model.socket.display()))),
        (Some(trouble), _) => {
            let text = format!("{trouble}; trying again").replace(char::is_control, "?");
            row.push(Span::styled(text, theme.style(Tone::Bad)));
        }
    }
    Line::from(row)
}

/// How many are what: `2 MASTER, 1 BACKUP`.
fn states(model: &Model, theme: Theme) -> Vec<Span<'static>> {
    let instances = model.status.as_ref().map(|status| &status.instances);
    let mut spans = Vec::new();
    for state in ["MASTER", "BACKUP", "FAULT", "INIT"] {
        let count = instances.map_or(0, |all| all.iter().filter(|one| one.state == state).count());
        if count > 0 {
            let text = format!("{count} {state}  ");
            spans.push(Span::styled(text, theme.style(tone(state))));
        }
    }
    spans
}

fn draw_lanes(frame: &mut Frame<'_>, model: &Model, theme: Theme, area: Rect) {
    let count = usize::from(area.width).saturating_sub(LANE_NAME + 1);
    let columns: Vec<_> = model.lanes.last(count).collect();
    let lane = |name: &str, cell: &dyn Fn(&Column) -> Span<'static>| {
        let name: String = name.chars().take(LANE_NAME - 2).collect();
        let name = format!(
            " {:<width$}",
            name.replace(char::is_control, "?"),
            width = LANE_NAME - 1
        );
        let mut row = vec![Span::raw(name)];
        row.extend(columns.iter().map(|column| cell(column)));
        Line::from(row)
    };
    let mut rows = Vec::new();
    let instances = model.status.iter().flat_map(|status| &status.instances);
    for one in instances.take(LANES) {
        rows.push(lane(&one.name, &|column| {
            let (mark, tone) = shown(column.of(&one.name));
            Span::styled(mark, theme.style(tone))
        }));
    }
    rows.push(lane("rejected", &|column| {
        let mark = if column.is_rejecting { "x" } else { " " };
        Span::styled(mark, theme.style(Tone::Odd))
    }));
    let title = " half a second each: | advert  0 farewell  = MASTER  . BACKUP  - takes no part ";
    frame.render_widget(Paragraph::new(rows).block(headed(title, theme)), area);
}

const fn shown(mark: Mark) -> (&'static str, Tone) {
    match mark {
        Mark::Unknown => (" ", Tone::Plain),
        Mark::Waits => (".", Tone::Plain),
        Mark::Active => ("=", Tone::Good),
        Mark::Advertised => ("|", Tone::Good),
        Mark::Farewell => ("0", Tone::Odd),
        Mark::Out => ("-", Tone::Bad),
    }
}

fn draw_page(frame: &mut Frame<'_>, model: &mut Model, theme: Theme, area: Rect) {
    let height = usize::from(area.height.saturating_sub(1));
    let (sheet, above) = model.page(usize::from(area.width), height);
    let (all, below) = (sheet.rows(), above + height);
    let more = match (above > 0, below < all.len()) {
        (false, false) => "",
        (false, true) => "; more below",
        (true, true) => "; more above and below",
        (true, false) => "; more above",
    };
    let when = match (&model.trouble, &model.status) {
        (Some(_), Some(status)) => format!("as last seen, {}", moment(status.at, &model.zone)),
        _ => "now".into(),
    };
    let title = format!(" {when}{more} ");
    let rows = all.iter().skip(above).take(height);
    let rows: Vec<_> = rows.map(|row| line(row, theme)).collect();
    frame.render_widget(Paragraph::new(rows).block(headed(title, theme)), area);
}

fn line(row: &Row, theme: Theme) -> Line<'static> {
    let spans = row.iter();
    Line::from_iter(spans.map(|piece| Span::styled(piece.text.clone(), theme.style(piece.tone))))
}

fn footer(theme: Theme) -> Line<'static> {
    let keys = [("q", "leave"), ("↑ ↓", "scroll"), ("PgUp PgDn", "by pages")];
    let words = keys.iter().flat_map(|(key, what)| {
        [
            Span::styled(format!(" {key}"), theme.style(Tone::Strong)),
            Span::styled(format!(" {what} "), theme.style(Tone::Faint)),
        ]
    });
    Line::from_iter(words)
}

fn headed(title: impl Into<Line<'static>>, theme: Theme) -> Block<'static> {
    Block::new()
        .borders(Borders::TOP)
        .border_style(theme.style(Tone::Faint))
        .title(title)
}
