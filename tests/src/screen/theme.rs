//! Colours, or none.

use ratatui::style::{Color, Modifier, Style};

use crate::observer::NodeName;

/// Whether there may be colours. What they say is also said in words or by weight.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Whether colours may be used.
    pub colour: bool,
}

impl Theme {
    /// Something works.
    pub(super) fn good(self) -> Style {
        self.in_colour(Color::Green)
    }

    /// Something is broken.
    pub(super) fn bad(self) -> Style {
        self.in_colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Something is neither.
    pub(super) fn odd(self) -> Style {
        self.in_colour(Color::Yellow)
    }

    /// What goes without saying.
    pub(super) fn faint(self) -> Style {
        self.in_colour(Color::DarkGray)
    }

    /// Titles, and the selected.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What belongs to a node.
    pub(super) fn node(self, node: NodeName) -> Style {
        self.in_colour(match node {
            NodeName::R1 => Color::Cyan,
            NodeName::R2 => Color::Magenta,
        })
    }

    fn in_colour(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }
}
