//! The XDP program, in the kernel and out of it.
//!
//! [`table`] is what the program promises: frames, and what is to become of each. It is asked of the judge as it is compiled into
//! the daemon ([`native`], which needs no rights) and of the program in the kernel ([`kernel`]). [`differential`] asks both builds about
//! frames nobody thought of, and [`news`] is about sequences of frames.

mod bench;
mod case;
mod differential;
mod kernel;
mod model;
mod mutation;
mod native;
mod news;
mod table;
mod world;
