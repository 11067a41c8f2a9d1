//! The XDP program: carries frames and map entries to `verdict::decide`, and its answer out.
//!
//! One object, one entry point so far; what must answer, rewrite or see VLAN tags gets its own beside it. The hand-written
//! `unsafe` is in [`frame`] and [`maps`] alone. Needs Linux 5.8 (ring buffer), and no BTF of the kernel's own.

#![no_std]
#![no_main]
#![expect(
    unsafe_code,
    reason = "aya's entry-point macro expands to it; by hand it stands in frame.rs and maps.rs"
)]

mod capture;
mod frame;
mod maps;
mod telemetry;
mod xdp;

/// Lets the kernel give us its GPL-only helpers.
#[unsafe(no_mangle)]
#[unsafe(link_section = "license")]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // The verifier proves that nothing gets here: it refuses a program that can loop for ever.
    loop {}
}
