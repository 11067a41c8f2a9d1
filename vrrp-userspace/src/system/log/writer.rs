//! The thread that writes.

use std::time::SystemTime;

use tracing::Level;

use super::{line::Line, queue::Lines, sink::Sink};

/// A sink, and how many lines it lost since it last took one.
struct Outlet {
    sink: Box<dyn Sink>,
    lost: u64,
}

/// Writes until the queue is closed and empty.
pub(super) fn run(lines: &Lines, sinks: Vec<Box<dyn Sink>>) {
    let mut outlets: Vec<_> = sinks
        .into_iter()
        .map(|sink| Outlet { sink, lost: 0 })
        .collect();
    loop {
        let goes_on = lines.wait();
        while let Some(line) = lines.take() {
            outlets.iter_mut().for_each(|outlet| outlet.write(&line));
        }
        let dropped = lines.take_dropped();
        if dropped > 0 {
            let line = notice(format!(
                "{dropped} log lines were dropped: the queue was full"
            ));
            outlets.iter_mut().for_each(|outlet| outlet.write(&line));
        }
        if !goes_on {
            return;
        }
    }
}

impl Outlet {
    fn write(&mut self, line: &Line) {
        if self.lost > 0 && self.sink.write(&missed(self.lost)).is_ok() {
            self.lost = 0;
        }
        if self.sink.write(line).is_err() {
            self.lost += 1;
        }
    }
}

fn missed(lost: u64) -> Line {
    notice(format!(
        "{lost} log lines were lost here: they could not be written"
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the log shows the time of day; nothing is decided by it"
)]
fn notice(text: String) -> Line {
    Line {
        time: SystemTime::now(),
        level: Level::WARN,
        text,
    }
}
