//! The forger: sends frames it is given, so many and so fast.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use vrrp_tests::condition::pause;
use vrrp_tests::hex;
use vrrp_tests::moment::Deadline;
use vrrp_tests::packet_socket::PacketSocket;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The interface that sends.
    interface: String,
    /// How many frames are sent in all.
    #[arg(long)]
    count: u32,
    /// How many each second.
    #[arg(long)]
    per_second: u32,
}

/// Sends the frames of standard input, one per line in hexadecimal, in turn.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let socket = PacketSocket::on(&arguments.interface)
        .with_context(|| format!("cannot send on {}", arguments.interface))?;
    let frames = io::stdin()
        .lines()
        .map(|line| frame(&line?))
        .collect::<Result<Vec<_>>>()?;
    ensure!(!frames.is_empty(), "no frame was given");
    let rhythm = Duration::from_secs(1) / arguments.per_second.max(1);
    let mut due = Duration::ZERO;
    let began = Deadline::after(Duration::ZERO);
    for frame in frames
        .iter()
        .cycle()
        .take(usize::try_from(arguments.count)?)
    {
        // From the beginning, not from the last frame: lateness does not add up.
        pause(due.saturating_sub(began.overdue()));
        socket
            .send(frame)
            .context("the interface does not take the frame")?;
        due += rhythm;
    }
    Ok(())
}

fn frame(line: &str) -> Result<Vec<u8>> {
    hex::parse(line).with_context(|| format!("not a frame in hexadecimal: {line}"))
}
