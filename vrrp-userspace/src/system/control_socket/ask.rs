//! The client's end, for the commands: it waits, but not for ever.

use std::{
    io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use thiserror::Error;

use super::{ANSWERING, PATIENCE};

/// Longer than the daemon takes to say that it takes too long.
const CLIENT_PATIENCE: Duration = Duration::from_secs(ANSWERING.as_secs() + PATIENCE.as_secs());
/// Bytes of an answer: a thousand routers with everything there is to say about them need a tenth.
const LONGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// A line of an answer, and the way to what follows.
#[derive(Debug)]
pub struct Line {
    /// Without its break.
    pub text: String,
    /// Where the rest comes from.
    pub rest: BufReader<UnixStream>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// Nobody is there.
    #[error("no daemon answers at {}", .0.display())]
    NoDaemon(PathBuf),
    /// The mode of the socket is against it.
    #[error(
        "{} may be asked by root and the members of its group only: become root, or add the user to the group xvrrpd, or the one that `control_group` names",
        .0.display()
    )]
    Denied(PathBuf),
    /// Something went wrong on the way.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What.
        error: io::Error,
    },
}

/// Asks the daemon at `path` and returns the line it answers.
///
/// # Errors
///
/// [`AskError`]
pub fn ask(path: &Path, request: &str) -> Result<String, AskError> {
    open(path, request).map(|answer| answer.text)
}

/// Asks the daemon at `path`; the answer's first line has been read, and nothing limits the time that the rest takes.
///
/// # Errors
///
/// [`AskError`]
pub fn open(path: &Path, request: &str) -> Result<Line, AskError> {
    let io = |error| AskError::Io {
        path: path.to_owned(),
        error,
    };
    let refused = |error: io::Error| {
        if matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::ConnectionRefused
        ) {
            AskError::NoDaemon(path.to_owned())
        } else if error.kind() == ErrorKind::PermissionDenied {
            AskError::Denied(path.to_owned())
        } else {
            io(error)
        }
    };
    let stream = UnixStream::connect(path).map_err(refused)?;
    converse(stream, request).map_err(io)
}

fn converse(mut stream: UnixStream, request: &str) -> io::Result<Line> {
    stream.set_write_timeout(Some(CLIENT_PATIENCE))?;
    stream.set_read_timeout(Some(CLIENT_PATIENCE))?;
    // A daemon that turns us away does not read, and what it says is worth more than that.
    let said = stream.write_all(format!("{request}\n").as_bytes());
    let mut rest = BufReader::new(stream);
    let mut text = String::new();
    rest.by_ref().take(LONGEST_ANSWER).read_line(&mut text)?;
    if text.pop() != Some('\n') {
        said?;
        return Err(io::Error::new(
            ErrorKind::UnexpectedEof,
            "the daemon hung up in the middle of its answer",
        ));
    }
    rest.get_ref().set_read_timeout(None)?;
    Ok(Line { text, rest })
}
