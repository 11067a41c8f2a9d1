//! What both sides of the kernel boundary agree on, and the judgement both sides pass.
//!
//! [`wire`] views headers, [`abi`] names the maps and their cells, [`verdict`] decides what happens to a frame.
//! Nothing here touches a map, a socket or a clock: the XDP program (`bin/vrrp-xdp`) and the daemon's raw-socket
//! path bring frames and tables to [`verdict::decide`] and carry its answer out.

#![cfg_attr(not(test), no_std)]

pub mod abi;
pub mod frame;
pub mod verdict;
pub mod wire;
