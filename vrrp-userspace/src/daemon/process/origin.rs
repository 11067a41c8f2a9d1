//! Where the configuration comes from, to read it again.

use std::path::PathBuf;

use crate::{
    config::{self, Config, Diagnostic, LoadOptions},
    system::{config_files::DiskSource, host::Host},
};

/// A file, and how it is read.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// What the command line says about reading it.
    pub options: LoadOptions,
}

impl Origin {
    /// Reads the file and asks this host whether it has what is named there. Reads from the disk, so not for the election thread.
    #[must_use]
    pub fn load(&self) -> (Config, Vec<Diagnostic>) {
        let name = self.file.to_string_lossy();
        let (config, mut diagnostics) = config::load(&DiskSource, &name, &self.options);
        diagnostics.extend(config::verify(&config, &Host));
        (config, diagnostics)
    }
}
