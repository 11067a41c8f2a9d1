//! What the daemon is to the host: a process with a place, privileges, signals, and a service manager to report to.

pub(super) mod background;
pub(super) mod origin;
pub(super) mod privileges;
pub(super) mod signals;
pub(super) mod watchdog;
