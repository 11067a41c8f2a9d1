//! Whether a run is reported, and where.

use std::path::PathBuf;

use anyhow::Result;
use vrrp_tests::report::Report;

#[derive(clap::Args)]
pub(crate) struct Reporting {
    /// Write what happened into this folder: the frames (capture.pcapng), a picture (timeline.svg) and both logs with everything else
    /// that was seen (log.txt). It is made if it is not there, and refused if there is something else in it.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

impl Reporting {
    /// The report, before anything is done that it would be about.
    pub(crate) fn open(&self) -> Result<Option<Report>> {
        self.report.as_deref().map(Report::into_folder).transpose()
    }
}
