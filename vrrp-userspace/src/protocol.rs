//! What should this router do now? State, event and moment in; state and actions out.
//!
//! Pure: no clock, no socket, no runtime. [`VirtualRouter::handle`] is the only door, so whatever goes through
//! it can be logged, recorded and replayed.

pub mod authentication;
pub mod priority;
pub mod state;
pub mod time;
pub mod timers;
pub mod vrid;

pub use authentication::Authentication;
pub use priority::Priority;
pub use state::State;
pub use time::Monotonic;
pub use timers::Version;
pub use vrid::Vrid;
