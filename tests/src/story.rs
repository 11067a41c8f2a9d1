//! What happens to a pair of nodes, told once for the tests and the demonstration.
//!
//! Each story takes a lab in a known state, does one thing to it, panics if the pair does not do what it should, and
//! returns what was measured. The expectations are those of the seeds' file; where keepalived and this project's
//! daemon promise different things, the story asks which of the two a node runs.

mod calm;
mod comeback;
mod forgery;
mod handover;
mod haproxy;
mod kill;
mod silenced;

pub use calm::Calm;
pub use comeback::comes_back_as_backup;
pub use forgery::{
    ALARM, Flood, HICCUP, STRANGER_ADDRESS, claim_is_an_alarm, flood_changes_nothing,
    wrong_password,
};
pub use handover::Handover;
pub use haproxy::{script_heals_haproxy, script_stops_the_daemon};
pub use kill::{Killed, active_is_killed};
pub use silenced::{Rhythm, under_wrong_passwords};
