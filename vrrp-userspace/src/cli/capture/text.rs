//! Frames as lines, for people.

use std::{
    io::{self, Write},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

use super::summary::summary;
use crate::daemon::CaughtFrame;

/// Lines that are being written.
pub(super) struct Text<W> {
    output: W,
    zone: TimeZone,
}

impl<W: Write> Text<W> {
    pub(super) fn new(output: W) -> Self {
        Self {
            output,
            zone: TimeZone::system(),
        }
    }

    /// Writes a line for a frame that came `at` since 1970, after `missed` others were lost.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn write(
        &mut self,
        frame: &CaughtFrame,
        at: Duration,
        missed: u64,
    ) -> io::Result<()> {
        if missed > 0 {
            writeln!(self.output, "… {missed} lost")?;
        }
        let time = self.time(at);
        let CaughtFrame {
            interface, comment, ..
        } = frame;
        writeln!(
            self.output,
            "{time} {interface} {}: {comment}",
            summary(frame)
        )
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn time(&self, at: Duration) -> String {
        let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
        let nanos = i32::try_from(at.subsec_nanos()).unwrap_or(0);
        let time = Timestamp::new(seconds, nanos).unwrap_or(Timestamp::MAX);
        let local = time.to_zoned(self.zone.clone());
        local.strftime("%F %T%.6f").to_string()
    }
}
