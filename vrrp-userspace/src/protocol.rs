//! What should this router do now? State, event and moment in; state and actions out.
//!
//! Pure: no clock, no socket, no runtime. [`VirtualRouter::handle`] is the only door, so whatever goes through
//! it can be logged, recorded and replayed.

pub mod action;
pub mod address_claims;
pub mod advertisement;
pub mod authentication;
pub mod because;
pub mod event;
pub mod family;
pub mod fault;
pub mod priority;
pub mod reach;
pub mod recording;
pub mod state;
pub mod sync_group;
pub mod time;
pub mod timers;
pub mod virtual_router;
pub mod vrid;

pub use action::{Action, Note, Transition};
pub use authentication::Authentication;
pub use because::Because;
pub use event::{Advertisement, Event, Evidence};
pub use family::Family;
pub use fault::{FaultReason, FaultReasons};
pub use priority::Priority;
pub use reach::{Audience, Peer, Reach};
pub use state::State;
pub use sync_group::SyncGroup;
pub use time::Monotonic;
pub use timers::Version;
pub use virtual_router::{Announcements, Conduct, Settings, VirtualRouter};
pub use vrid::Vrid;
