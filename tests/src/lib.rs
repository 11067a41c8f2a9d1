//! The laboratory: two nodes, a client and a switch, made of namespaces that vanish with their maker.
//!
//! [`Lab`] is the whole of it and has the picture. [`Node`] is a machine that runs a daemon under test beside the
//! distribution's HAProxy and an SMTP server; [`Host`] is the client and the stranger. What happened is asked
//! of the [`Wiretap`] (frames, seen on the switch), of the client's [`Timeline`] and of the nodes' logs and
//! mails. [`within`], [`eventually`] and [`never`] are how a story waits; [`story`] and [`demo`] tell what the
//! end-to-end tests and `vrrp-lab demo` share.
//!
//! What is not here: no name, file, pin or process of the lab outside its own namespaces, and no knowledge of
//! how the daemon under test is built. A failure panics, as in any test.

pub mod binaries;
pub mod bystander;
pub mod condition;
pub mod demo;
pub mod forge;
pub mod frame;
pub mod hex;
pub mod host;
pub mod interop;
pub mod kernel;
pub mod lab;
pub mod mail;
pub mod moment;
pub mod namespace;
pub mod node;
pub mod observer;
pub mod packet_socket;
pub mod pcap;
pub mod process;
pub mod raw_listener;
pub mod report;
pub mod screen;
pub mod seeds;
pub mod story;
pub mod tail;
pub mod tap;
pub mod timeline;
pub mod wiretap;

pub use binaries::{Binaries, Daemon};
pub use condition::{eventually, never, within};
pub use host::Host;
pub use lab::{Lab, Plan};
pub use mail::Mail;
pub use moment::{Moment, Seconds};
pub use node::Node;
pub use raw_listener::RawListener;
pub use timeline::Timeline;
pub use wiretap::{Capture, Wiretap};
