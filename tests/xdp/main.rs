//! The XDP program, in the kernel and out of it.
//!
//! [`table`] is what the program promises: frames, and what is to become of each. It is asked of the judge as it is compiled into
//! the daemon ([`native`], which needs no rights), of the program in the kernel ([`kernel`]), and of both sockets beside it ([`raw_path`]).
//! [`differential`] asks the two builds about frames nobody thought of, and [`news`] is about sequences of frames. [`attaching`] and
//! [`showing`] are about what an administrator meets.

mod attaching;
mod bench;
mod capture;
mod case;
mod differential;
mod kernel;
mod model;
mod mutation;
mod native;
mod network;
mod news;
mod raw_path;
mod showing;
mod table;
mod world;
