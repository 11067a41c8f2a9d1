//! The hub: carries frames between a TAP and a port of the switch.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use vrrp_tests::packet_socket::PacketSocket;
use vrrp_tests::tap::Tap;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The TAP to make.
    tap: String,
    /// The interface at the switch.
    port: String,
}

/// Carries frames until it is killed, once it has said that the TAP is there.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let tap = Arc::new(Tap::new(&arguments.tap).context("cannot make a TAP")?);
    let port = PacketSocket::on_both_ways(&arguments.port)
        .with_context(|| format!("cannot listen on {}", arguments.port))?;
    let port = Arc::new(port);
    writeln!(io::stdout(), "{} is there", arguments.tap)?;

    let (outward, switch) = (Arc::clone(&tap), Arc::clone(&port));
    thread::spawn(move || {
        carry(|buffer| outward.receive(buffer), |frame| switch.send(frame));
    });
    carry(|buffer| port.receive(buffer), |frame| tap.send(frame));
    Ok(())
}

/// A frame that one side does not take is lost, as on any cable.
fn carry(receive: impl Fn(&mut [u8]) -> io::Result<usize>, send: impl Fn(&[u8]) -> io::Result<()>) {
    let mut buffer = [0_u8; 65_536];
    loop {
        if let Ok(length) = receive(&mut buffer) {
            drop(send(&buffer[..length]));
        }
    }
}
