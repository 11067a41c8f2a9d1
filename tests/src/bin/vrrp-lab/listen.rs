//! A listener that knows nothing of any daemon: a raw socket without a filter.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use rustix::net::{RecvFlags, recv};
use socket2::{Domain, Protocol, Socket, Type};
use vrrp_tests::Moment;
use vrrp_tests::raw_listener::{READY, heard_line};

const VRRP: i32 = 112;
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The address of the interface that joins the group.
    interface: Ipv4Addr,
}

/// Writes one line for each packet until nobody reads them.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(VRRP)))
        .context("no raw socket to be had")?;
    socket
        .join_multicast_v4(&GROUP, &arguments.interface)
        .context("cannot join the group")?;
    writeln!(io::stdout(), "{READY}")?;
    let mut buffer = [0_u8; 2048];
    loop {
        let (_, length) = recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        writeln!(
            io::stdout(),
            "{}",
            heard_line(Moment::now(), &buffer[..length])
        )?;
    }
}
