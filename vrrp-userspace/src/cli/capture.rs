//! `xvrrpd capture`: shows what the daemon rejects, or writes it into a file for tshark and Wireshark.
//!
//! Three who do not wait for each other: a thread reads what the daemon sends, so that a slow disk or pager costs frames here and not
//! there; this one writes; and a third waits for Ctrl-C.

mod interrupt;
mod pcapng;
mod queue;
mod summary;
mod text;
mod wall;

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, ErrorKind, IsTerminal as _, Write},
    net::Shutdown,
    os::unix::{fs::OpenOptionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use self::{
    interrupt::Interrupt,
    pcapng::Pcapng,
    queue::{Queue, Received},
    text::Text,
    wall::Wall,
};
use super::{client::Whom, complain};
use crate::daemon::{Answer, CaughtFrame, Request};

/// What to capture, and where to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write pcapng into this file, or to standard output if it is `-`. A file that is there is overwritten, once the daemon has answered.
    #[arg(short = 'w', long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Accepted adverts too.
    #[arg(short = 'a', long)]
    accepted: bool,
    /// End after so many frames.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    whom: Whom,
}

/// Captures until it is interrupted.
///
/// # Errors
///
/// There is nowhere to write, or the daemon's answer cannot be read.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let to_output = arguments
        .write
        .as_deref()
        .is_some_and(|file| file == Path::new("-"));
    if to_output && io::stdout().is_terminal() {
        bail!(
            "a terminal cannot show pcapng: pipe it (`| tshark -r -`), name a file, or leave `-w` out"
        );
    }
    let request = Request::Capture {
        accepted: arguments.accepted,
    };
    let connection = arguments.whom.open(&request, |answer| match answer {
        Answer::Capturing => Ok(()),
        other @ (Answer::Status(_)
        | Answer::History(_)
        | Answer::Changes(_)
        | Answer::Refused(_)
        | Answer::Error(_)) => Err(other),
    })?;
    let connection = match connection {
        Ok(((), connection)) => connection,
        Err(code) => return Ok(code),
    };
    let mut sink = Sink::open(arguments.write.as_deref())?;
    let stream = connection.get_ref().try_clone()?;
    let interrupt = Interrupt::watch(stream.try_clone()?)?;
    capture(&mut sink, connection, &stream, arguments.count, &interrupt)
}

fn capture(
    sink: &mut Sink,
    connection: BufReader<UnixStream>,
    stream: &UnixStream,
    count: Option<u64>,
    interrupt: &Interrupt,
) -> Result<ExitCode> {
    let mut queue = Queue::read(connection)?;
    let mut counts = Counts::default();
    let written = write(sink, &mut queue, &mut counts, count);
    // The daemon turns its switches off when it sees this.
    stream.shutdown(Shutdown::Both).ok();
    let end = match written {
        // Whoever read the other end of a pipe has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        written => written.with_context(|| format!("{}: cannot be written", sink.name))?,
    };
    counts.lost = queue.lost();
    complain(&counts.in_words());
    match end {
        End::Enough => Ok(ExitCode::SUCCESS),
        End::Closed if interrupt.has_come() => Ok(ExitCode::SUCCESS),
        End::Closed => {
            complain(
                "xvrrpd: the daemon has hung up: it has ended, or what it sent was not taken for seconds",
            );
            Ok(ExitCode::FAILURE)
        }
        End::Garbage(line) => {
            complain(&format!(
                "xvrrpd: what the daemon sends is not understood; is it of another version? {line}"
            ));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Why nothing more is written.
enum End {
    /// As many as asked for.
    Enough,
    /// The connection has ended.
    Closed,
    /// It brings something that means nothing to us.
    Garbage(String),
}

/// Writes frames until there is an end to it. Everything is written then.
fn write(
    sink: &mut Sink,
    queue: &mut Queue,
    counts: &mut Counts,
    count: Option<u64>,
) -> io::Result<End> {
    let mut wall = Wall::default();
    sink.begin()?;
    let end = loop {
        if count.is_some_and(|count| counts.frames() >= count) {
            break End::Enough;
        }
        let mut received = queue.waiting();
        if received.is_none() {
            // Whoever watches sees each frame at once, and a flood is written in large pieces.
            sink.flush()?;
            received = queue.next();
        }
        match received {
            None => break End::Closed,
            Some(Received::Garbage(line)) => break End::Garbage(line),
            Some(Received::Frame(frame)) => {
                let missed = queue.lost() - counts.lost;
                counts.add(&frame, missed);
                sink.write(&frame, wall.at(frame.time_ns), missed)?;
            }
        }
    };
    sink.flush()?;
    Ok(end)
}

/// What has been captured.
#[derive(Debug, Default)]
struct Counts {
    rejected: u64,
    accepted: u64,
    lost: u64,
}

impl Counts {
    fn add(&mut self, frame: &CaughtFrame, missed: u64) {
        if frame.is_accepted() {
            self.accepted += 1;
        } else {
            self.rejected += 1;
        }
        self.lost += missed;
    }

    const fn frames(&self) -> u64 {
        self.rejected + self.accepted
    }

    fn in_words(&self) -> String {
        format!(
            "{} captured: {} rejected, {} accepted; {} lost",
            match self.frames() {
                1 => "1 frame".into(),
                frames => format!("{frames} frames"),
            },
            self.rejected,
            self.accepted,
            self.lost
        )
    }
}

/// Where frames go.
struct Sink {
    name: String,
    format: Format,
}

enum Format {
    Text(Text<BufWriter<Box<dyn Write>>>),
    Pcapng(Pcapng<BufWriter<Box<dyn Write>>>),
}

impl Sink {
    /// # Errors
    ///
    /// The file cannot be opened.
    fn open(file: Option<&Path>) -> Result<Self> {
        let output = || BufWriter::new(Box::new(io::stdout()) as Box<dyn Write>);
        let stdout = "standard output".to_owned();
        Ok(match file {
            None => Self {
                name: stdout,
                format: Format::Text(Text::new(output())),
            },
            Some(file) if file == Path::new("-") => Self {
                name: stdout,
                format: Format::Pcapng(Pcapng::new(output())),
            },
            Some(file) => {
                let opened = create(file)
                    .with_context(|| format!("{}: cannot be written", file.display()))?;
                Self {
                    name: file.display().to_string(),
                    format: Format::Pcapng(Pcapng::new(BufWriter::new(Box::new(opened)))),
                }
            }
        })
    }

    fn begin(&mut self) -> io::Result<()> {
        match &mut self.format {
            Format::Text(_) => Ok(()),
            Format::Pcapng(pcapng) => pcapng.begin(),
        }
    }

    fn write(
        &mut self,
        frame: &CaughtFrame,
        at: std::time::Duration,
        missed: u64,
    ) -> io::Result<()> {
        match &mut self.format {
            Format::Text(text) => text.write(frame, at, missed),
            Format::Pcapng(pcapng) => pcapng.write(frame, at, missed),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.format {
            Format::Text(text) => text.flush(),
            Format::Pcapng(pcapng) => pcapng.flush(),
        }
    }
}

/// For its owner alone: the frames show passwords.
fn create(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
}
