//! Events in, lines out, and writers that cannot write.

use std::{
    io::Read,
    os::unix::net::UnixDatagram,
    sync::mpsc::{Receiver, Sender, channel},
};

use log::Log as _;
use tracing::{debug, info, trace, warn};

use super::{line::Line, *};

#[test]
fn a_message_is_written_as_it_is() {
    let lines = said(Detail::Normal, || {
        info!(vrid = 51, "({}) Entering MASTER STATE", "VI_1")
    });
    assert_eq!(lines, ["(VI_1) Entering MASTER STATE"]);
}

#[test]
fn detail_brings_more_lines_and_then_fields() {
    let speak = || {
        trace!("per packet");
        debug!("odd");
        info!(vrid = 51, reason = "timeout", "news");
        info!(target: "library", "news of a library");
        warn!(target: "library", "alarm of a library");
    };
    assert_eq!(said(Detail::Normal, speak), ["news", "alarm of a library"]);
    assert_eq!(
        said(Detail::Detailed, speak),
        ["odd", "news", "alarm of a library"]
    );
    assert_eq!(
        said(Detail::Full, speak),
        [
            "odd",
            r#"news vrid=51 reason="timeout""#,
            "news of a library",
            "alarm of a library"
        ]
    );
}

#[test]
fn nobody_can_begin_a_second_line() {
    let lines = said(Detail::Full, || {
        info!(name = "a\nb", "x\r\ny\x1b[1m {}", "z".repeat(9999))
    });
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("x  y [1m zzz") && lines[0].len() == 2048,
        "{}",
        lines[0]
    );
}

/// The program in the kernel speaks through the `log` crate, under its own name.
#[test]
fn what_comes_through_the_log_crate_keeps_its_target() {
    let speak = |target: &'static str, level| {
        let record = log::Record::builder()
            .args(format_args!("said"))
            .target(target)
            .level(level)
            .build();
        tracing_log::LogTracer::new().log(&record);
    };
    let lines = said(Detail::Full, || {
        speak("vrrp_xdp::xdp", log::Level::Debug);
        speak("netlink_proto", log::Level::Debug);
    });
    assert_eq!(lines, ["said"]);
}

#[test]
fn a_full_queue_drops_and_counts() {
    let (gate, gated) = channel::<()>();
    let (sink, written) = recorder();
    let gated = Gated { gate: gated, sink };
    let (log, layer) = Log::with_sinks(vec![Box::new(gated)], Detail::Normal).unwrap();
    let count = queue::LINES + 100;
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        (0..count).for_each(|number| info!("line {number}"));
    });
    drop(gate);
    assert!(log.finish(LONG));

    let lines: Vec<_> = written.iter().collect();
    let kept = lines
        .iter()
        .filter(|line| line.starts_with("line "))
        .count();
    let notices: Vec<_> = lines
        .iter()
        .filter(|line| !line.starts_with("line "))
        .collect();
    assert_eq!(
        notices,
        [&format!(
            "{} log lines were dropped: the queue was full",
            count - kept
        )]
    );
    assert!(kept >= queue::LINES, "{kept}");
}

#[test]
fn a_pipe_that_nobody_reads_stops_nobody() {
    let (mut reader, writer) = io::pipe().unwrap();
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Console::new(writer))];
    let (log, layer) = Log::with_sinks(sinks, Detail::Normal).unwrap();
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        (0..20_000).for_each(|number| info!("line {number}"));
    });
    assert!(
        !log.finish(Duration::from_millis(20)),
        "the pipe holds 64 KiB and no more"
    );
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.lines().next().unwrap().ends_with(": line 0"));
    assert!(
        text.lines()
            .last()
            .unwrap()
            .ends_with("dropped: the queue was full")
    );
}

#[test]
fn a_syslog_daemon_may_come_late_and_be_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut syslog = Syslog::at(&path, "Keepalived_vrrp", 3);
    assert!(syslog.write(&line("nobody hears this")).is_err());

    for text in ["first", "after a restart"] {
        let daemon = UnixDatagram::bind(&path).unwrap();
        syslog.write(&line(text)).unwrap();
        let heard = receive(&daemon);
        let tag = format!("Keepalived_vrrp[{}]: {text}", std::process::id());
        assert!(
            heard.starts_with("<30>Jan  1 ") && heard.ends_with(&tag),
            "{heard}"
        );
        drop(daemon);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn lines_a_sink_lost_are_counted_when_it_takes_lines_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (sink, written) = recorder();
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Syslog::at(&path, "x", 3)), Box::new(sink)];
    let (log, layer) = Log::with_sinks(sinks, Detail::Normal).unwrap();
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        info!("one");
        info!("two");
        assert_eq!(
            [written.recv().unwrap(), written.recv().unwrap()],
            ["one", "two"]
        );
        let daemon = UnixDatagram::bind(&path).unwrap();
        info!("three");
        let notice = "2 log lines were lost here: they could not be written";
        assert!(receive(&daemon).ends_with(notice));
        assert!(receive(&daemon).ends_with("three"));
    });
    assert!(log.finish(LONG));
}

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(10);

/// The lines that come of what `speak` says.
fn said(detail: Detail, speak: impl FnOnce()) -> Vec<String> {
    let (sink, written) = recorder();
    let (log, layer) = Log::with_sinks(vec![Box::new(sink)], detail).unwrap();
    tracing::subscriber::with_default(Registry::default().with(layer), speak);
    assert!(log.finish(LONG));
    written.iter().collect()
}

#[derive(Debug)]
struct Recorder(Sender<String>);

fn recorder() -> (Recorder, Receiver<String>) {
    let (sender, receiver) = channel();
    (Recorder(sender), receiver)
}

impl Sink for Recorder {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.0.send(line.text.clone()).map_err(io::Error::other)
    }
}

/// Writes nothing until its gate is dropped.
#[derive(Debug)]
struct Gated {
    gate: Receiver<()>,
    sink: Recorder,
}

impl Sink for Gated {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.gate.recv().ok();
        self.sink.write(line)
    }
}

fn line(text: &str) -> Line {
    Line {
        time: std::time::SystemTime::UNIX_EPOCH,
        level: tracing::Level::INFO,
        text: text.to_owned(),
    }
}

fn receive(daemon: &UnixDatagram) -> String {
    daemon.set_read_timeout(Some(LONG)).unwrap();
    let mut datagram = [0; 4096];
    let length = daemon.recv(&mut datagram).unwrap();
    String::from_utf8_lossy(&datagram[..length]).into_owned()
}
