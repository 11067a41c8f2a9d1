//! The controller: decides in pure code, acts at the edge.
//!
//! Two of the project's three decisions live here: [`config`] turns text into a `Config` and diagnostics, and
//! [`protocol`] turns a state and an event into a new state and actions. The third, what happens to a frame,
//! is `vrrp_ebpf::verdict`, which the raw-socket path calls as well.
//!
//! [`pair`] asks what two configurations make of each other.
//!
//! What is not here: `protocol`, `tracking`, `config` and `pair` have no clock, no socket, no disk and no runtime;
//! only `system` touches the world, one file per thing touched, and only `daemon` decides when.

pub mod check;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod guard;
pub mod pair;
pub mod protocol;
pub mod system;
pub mod tracking;
