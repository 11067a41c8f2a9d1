//! From an event to a line.

use std::{
    fmt::{self, Write},
    time::SystemTime,
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_log::{AsTrace, NormalizeEvent};
use tracing_subscriber::layer::{Context, Layer};

use super::{Detail, line::Line, queue::Queue};

/// The longest text; what is beyond is cut off.
const TEXT: usize = 2048;

/// The beginnings of our own targets: this library, the daemon, and the program in the kernel.
const OURS: [&str; 3] = ["vrrp_userspace", "xvrrpd", "vrrp_"];

/// What events of the `log` crate are called until their real target is known.
const LOG_CRATE: &str = "log";

/// Turns events into lines and puts them into the queue, on the thread that has something to say.
#[derive(Debug)]
pub(super) struct LogLayer {
    queue: Queue,
    detail: Detail,
}

impl LogLayer {
    pub(super) const fn new(queue: Queue, detail: Detail) -> Self {
        Self { queue, detail }
    }

    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = OURS.iter().any(|ours| metadata.target().starts_with(ours));
        let most = match (is_ours, self.detail) {
            (true, Detail::Normal) => Level::INFO,
            (true, Detail::Detailed | Detail::Full) => Level::DEBUG,
            (false, Detail::Normal | Detail::Detailed) => Level::WARN,
            (false, Detail::Full) => Level::INFO,
        };
        *metadata.level() <= most
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == LOG_CRATE || self.is_wanted(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.detail.most().as_trace())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        if !self.is_wanted(metadata) {
            return;
        }
        let mut words = Words {
            with_fields: self.detail == Detail::Full,
            ..Words::default()
        };
        event.record(&mut words);
        self.queue.push(Line {
            time: wall_clock(),
            level: *metadata.level(),
            text: words.text(),
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the log shows the time of day; nothing is decided by it"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The message of an event and, if wanted, its other fields.
#[derive(Default)]
struct Words {
    with_fields: bool,
    message: String,
    fields: String,
}

impl Words {
    /// One line: what others said, or named, cannot begin a second one.
    fn text(mut self) -> String {
        self.message += &self.fields;
        let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
        self.message.chars().take(TEXT).map(printable).collect()
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail, and a value that fails to show itself is left out.
        if field.name() == "message" {
            write!(self.message, "{value:?}").ok();
        } else if self.with_fields && !field.name().starts_with("log.") {
            write!(self.fields, " {}={value:?}", field.name()).ok();
        }
    }
}
