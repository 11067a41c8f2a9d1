//! The client: asks, and writes one line for each question.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;
use vrrp_tests::Moment;
use vrrp_tests::condition::pause;
use vrrp_tests::timeline::Answer;

/// Between the end of one question and the next.
const PAUSE: Duration = Duration::from_millis(20);
/// Long for a neighbour on a busy machine, short beside any failover.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address and port.
    address: SocketAddr,
}

/// Asks until nobody reads what it writes.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    loop {
        let node = ask(arguments.address).ok().filter(|page| !page.is_empty());
        let answer = Answer {
            at: Moment::now(),
            node,
        };
        writeln!(io::stdout(), "{}", answer.to_line())?;
        pause(PAUSE);
    }
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text
        .split_once("\r\n\r\n")
        .map_or("", |(_, page)| page)
        .trim()
        .to_owned())
}
