//! The stories an operator would tell, each in a laboratory of its own.
//!
//! Where keepalived promises the same, the story is also told of keepalived: that proves the lab and the
//! expectation. A name that begins with `quick` is told even when there is little time.

mod accept_mode;
mod any_kernel;
mod busy_hosts;
mod capture;
mod control;
mod datapath;
mod failover;
mod guard_proof;
mod history;
mod hostile;
mod interop;
mod interplay;
mod ipv6;
mod kernel_side;
mod live;
mod mail;
mod many_addresses;
mod meddlers;
mod metrics;
mod notify;
mod owners;
mod pair;
mod privileges;
mod raw_path;
mod reload;
mod report;
mod scripts;
mod service_manager;
mod several;
mod sleepers;
mod status;
mod sync_group;
mod terminal;
mod the_lab_itself;
mod traces;
mod unicast;
mod virtual_mac;
mod wire;
