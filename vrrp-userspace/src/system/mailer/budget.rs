//! A connection that hears only so much.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// What a server may say in one session. Real ones need less than a tenth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    bytes: usize,
    lines: usize,
    line: usize,
    line_so_far: usize,
}

impl Budget {
    /// 64 KiB in 256 lines of 4 KiB at most. An SMTP library buffers a reply until it is complete, and reads
    /// it from its beginning after each line, so both length and number of lines cost.
    pub(super) const SESSION: Self = Self {
        bytes: 64 * 1024,
        lines: 256,
        line: 4 * 1024,
        line_so_far: 0,
    };

    /// Accounts for what was heard.
    fn spend(&mut self, heard: &[u8]) -> io::Result<()> {
        for byte in heard {
            self.line_so_far += 1;
            self.bytes = self
                .bytes
                .checked_sub(1)
                .ok_or_else(|| too_much("more than 64 KiB"))?;
            if self.line_so_far > self.line {
                return Err(too_much("a line longer than 4 KiB"));
            }
            if *byte == b'\n' {
                self.line_so_far = 0;
                self.lines = self
                    .lines
                    .checked_sub(1)
                    .ok_or_else(|| too_much("over 256 lines"))?;
            }
        }
        Ok(())
    }
}

fn too_much(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sent {what}"),
    )
}

/// A TCP connection whose incoming side is limited by a [`Budget`].
#[derive(Debug)]
pub(super) struct Budgeted {
    stream: TcpStream,
    budget: Budget,
}

impl Budgeted {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            budget: Budget::SESSION,
        }
    }
}

impl AsyncRead for Budgeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let heard = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.budget.spend(heard))
    }
}

impl AsyncWrite for Budgeted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Budgeted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_session_is_far_from_the_limits() {
        let mut budget = Budget::SESSION;
        (0..40).for_each(|_| {
            budget
                .spend(b"250-some-extension of this server\r\n")
                .unwrap()
        });
    }

    #[test]
    fn a_long_line_many_lines_and_many_bytes_are_refused() {
        let refused = |chunk: &[u8]| {
            let mut budget = Budget::SESSION;
            (0..1_000_000)
                .find_map(|_| budget.spend(chunk).err())
                .unwrap()
                .to_string()
        };
        assert_eq!(refused(b"x"), "the server sent a line longer than 4 KiB");
        assert_eq!(refused(b"250-\n"), "the server sent over 256 lines");
        assert_eq!(
            refused(&[&[b'x'; 1000][..], b"\n"].concat()),
            "the server sent more than 64 KiB"
        );
    }
}
