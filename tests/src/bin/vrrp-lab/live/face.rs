//! How the model is shown: on a full screen, or in lines.

use std::io::{self, Write};

use ratatui::DefaultTerminal;
use ratatui::crossterm::{cursor, execute};
use vrrp_tests::Moment;
use vrrp_tests::screen::{Line, Model, Theme, draw};

use crate::demo::declines_colour;

/// Shows what the model knows.
pub(super) trait Face {
    /// Shows it as it is now.
    fn show(&mut self, model: &Model) -> io::Result<()>;
}

/// The whole terminal; what was on it before is there again when this is dropped.
pub(super) struct FullScreen {
    terminal: DefaultTerminal,
    theme: Theme,
}

impl FullScreen {
    /// Takes the terminal.
    pub(super) fn open() -> io::Result<Self> {
        let colour = !declines_colour();
        Ok(Self {
            terminal: ratatui::try_init()?,
            theme: Theme { colour },
        })
    }

    /// Gives the terminal back, from wherever; harmless if it was not taken.
    pub(super) fn leave() {
        if ratatui::crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
            // A terminal that is gone needs nothing back.
            drop(ratatui::try_restore());
            drop(execute!(io::stdout(), cursor::Show));
        }
    }
}

impl Face for FullScreen {
    fn show(&mut self, model: &Model) -> io::Result<()> {
        self.terminal
            .draw(|frame| draw(frame, model, self.theme))
            .map(drop)
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        Self::leave();
    }
}

/// A line for each thing that happens.
pub(super) struct Lines {
    told: usize,
    making: bool,
}

impl Lines {
    /// Nothing has been told yet.
    pub(super) const fn new() -> Self {
        Self {
            told: 0,
            making: false,
        }
    }
}

impl Face for Lines {
    fn show(&mut self, model: &Model) -> io::Result<()> {
        let mut output = io::stdout().lock();
        if !self.making {
            self.making = true;
            writeln!(
                output,
                "no terminal: told in lines; keys are read from standard input, and `q` or a signal ends it"
            )?;
        }
        for line in model.lines_after(self.told) {
            writeln!(output, "{}", text(line, model.began()))?;
        }
        self.told = model.told();
        output.flush()
    }
}

fn text(line: &Line, began: Moment) -> String {
    let time = line.at.since(began);
    let text = line.text.replace(char::is_control, "?");
    format!(
        "{:>5}.{} s  {:9}{text}",
        time.as_secs(),
        time.subsec_millis() / 100,
        line.who.as_str()
    )
}
