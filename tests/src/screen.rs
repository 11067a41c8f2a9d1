//! The live screen: what an observer saw, as a picture, and the keys that break things.
//!
//! [`Model`] takes in observations and keys and is asked by [`draw`]; both are pure, and the one table of [`BINDINGS`] is
//! dispatch, footer and help. What a key wishes for is done by a [`Hand`], on a thread of its own. Terminal, threads and
//! channels belong to `vrrp-lab live`.

mod hand;
mod keys;
mod lanes;
mod model;
mod narrator;
#[cfg(test)]
mod tests;
mod theme;
mod view;

pub use hand::Hand;
pub use keys::{BINDINGS, Binding, Deed, Does};
pub use model::{Model, Wish};
pub use narrator::{Line, Narrator, Who};
pub use theme::Theme;
pub use view::draw;
