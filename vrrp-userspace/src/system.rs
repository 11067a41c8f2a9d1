//! The world outside the process, one file per thing touched.
//!
//! Nothing here decides: each file turns an intention into an effect and reports what became of it. Library
//! names stop at these doors ([`netlink`] is the only user of `rtnetlink`), so the rest of the program
//! speaks in addresses and links, not in attributes.
//!
//! What is slow has a queue of its own: address work, mail and log lines are bounded, and whoever hands them
//! in never waits.

pub mod account;
pub mod address_worker;
pub mod advert_sender;
pub mod announcer;
pub mod capabilities;
pub mod claim_socket;
pub mod classic_bpf;
pub mod clock;
pub mod config_files;
pub mod control_socket;
pub mod datapath;
pub mod host;
pub mod http;
pub mod log;
pub mod macvlan;
pub mod mailer;
pub mod membership;
pub mod netlink;
pub mod notifier;
pub mod overflow;
pub mod packet_address;
pub mod packet_filter;
pub mod pid_file;
pub mod presence;
pub mod raw_socket;
pub mod readable;
pub mod respondent;
pub mod runner;
pub mod scheduling;
pub mod service_manager;
#[cfg(test)]
mod test_network;
