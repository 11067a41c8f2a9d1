//! What do the tracked things say about this router? Results in; a status, a priority or a fault out.
//!
//! Pure: who runs the scripts and when is `system::runner`'s business, and what a changed priority leads to is
//! the state machine's.

mod script;
mod weight;

pub use script::{Change, ScriptStatus, ScriptTracker};
pub use weight::{Effect, Weight, changed_priority, effective_priority};
