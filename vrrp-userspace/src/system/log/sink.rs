//! Where lines end up. Everything here may block, and only the writer's thread comes here.

use std::{
    fmt,
    io::{self, Write},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process,
};

use jiff::tz::TimeZone;

use super::line::Line;

/// Takes lines.
pub(super) trait Sink: Send + fmt::Debug {
    /// Writes a line, or says why it is lost here.
    fn write(&mut self, line: &Line) -> io::Result<()>;
}

/// A terminal, a file or a pipe.
#[derive(Debug)]
pub(super) struct Console<Output> {
    output: Output,
    zone: TimeZone,
}

impl<Output: Write + Send + fmt::Debug> Console<Output> {
    pub(super) fn new(output: Output) -> Self {
        Self {
            output,
            zone: TimeZone::system(),
        }
    }
}

impl<Output: Write + Send + fmt::Debug> Sink for Console<Output> {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.output
            .write_all(line.for_console(&self.zone).as_bytes())
    }
}

/// The syslog daemon's socket, which may come and go.
#[derive(Debug)]
pub(super) struct Syslog {
    path: PathBuf,
    tag: String,
    facility: u8,
    zone: TimeZone,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    pub(super) fn new(ident: &str, facility: u8) -> Self {
        Self::at("/dev/log", ident, facility)
    }

    pub(super) fn at(path: impl Into<PathBuf>, ident: &str, facility: u8) -> Self {
        Self {
            path: path.into(),
            tag: format!("{ident}[{}]", process::id()),
            facility,
            zone: TimeZone::system(),
            socket: None,
        }
    }

    fn connect(&self) -> io::Result<UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.path)?;
        Ok(socket)
    }
}

impl Sink for Syslog {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let datagram = line.for_syslog(&self.zone, self.facility, &self.tag);
        if let Some(socket) = &self.socket
            && socket.send(datagram.as_bytes()).is_ok()
        {
            return Ok(());
        }
        // Not connected yet, or to a daemon that has been restarted since.
        let socket = self.socket.insert(self.connect()?);
        socket.send(datagram.as_bytes()).map(drop)
    }
}
