//! The daemon itself, under keepalived's options.

use std::{
    ffi::CString,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::{ArgAction, Args};
use tracing::{error, info, warn};

use super::{DEFAULT_CONFIG, DEFAULT_PID_FILE, complain, load_options};
use crate::{
    check::{CheckOptions, check},
    config::{Diagnostic, Severity},
    daemon::{self, Beginning, EXIT_CONFIGURATION, EXIT_PRIVILEGE, MissingPrivilege, Origin},
    system::{
        datapath::RingSizes,
        log::{Detail, Log, LogSettings},
    },
};

/// keepalived's options, as far as they mean something here.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration.
    #[arg(short = 'f', long, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    use_file: PathBuf,
    /// Stay in the foreground.
    #[arg(short = 'n', long)]
    dont_fork: bool,
    /// Write log lines to standard error too.
    #[arg(short = 'l', long)]
    log_console: bool,
    /// Write no log lines to syslog.
    #[arg(short = 'G', long)]
    no_syslog: bool,
    /// Log more; twice, log everything.
    #[arg(short = 'D', long, action = ArgAction::Count)]
    log_detail: u8,
    /// Log the configuration as it was understood.
    #[arg(short = 'd', long)]
    dump_conf: bool,
    /// Check the configuration and exit, as `xvrrpd check`; with =FILE, write what is found there.
    #[arg(short = 't', long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    config_test: Option<Option<PathBuf>>,
    /// Where to write the process number.
    #[arg(short = 'p', long, value_name = "FILE", default_value = DEFAULT_PID_FILE)]
    pid: PathBuf,
    /// The id that `@id` lines are compared with; the host's short name if not given. `xvrrpd` always matches too.
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
    /// Run the VRRP part only; there is no other, so this changes nothing.
    #[arg(short = 'P', long)]
    vrrp: bool,
    /// Print the version.
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
    /// Bytes of each ring between kernel and daemon, a power of two and at least 4096. For tests of what happens when they
    /// are too small.
    #[arg(long, value_name = "BYTES", hide = true)]
    ring_bytes: Option<u32>,
}

/// Runs the daemon, or checks its configuration with `-t`.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(output) = &arguments.config_test {
        return test_config(arguments, output.as_deref());
    }
    let rings = rings(arguments)?;
    if daemon::is_in_background() {
        daemon::leave_session()?;
    } else if !arguments.dont_fork {
        return daemon::in_background();
    }
    // Until there is a log, and if it is not on standard error, whoever started us reads why we do not run.
    let tell_starter = |line: &str| {
        if !arguments.log_console {
            complain(&format!("xvrrpd: {line}"));
        }
    };
    let options = daemon::Options {
        // Whoever goes into the background leaves the folder he was in.
        origin: Origin {
            file: std::path::absolute(&arguments.use_file)?,
            options: load_options(arguments.config_id.as_deref()),
        },
        pid_file: std::path::absolute(&arguments.pid)?,
        rings,
    };
    name_process();
    let (config, diagnostics) = options.origin.load();
    let beginning = if config.instances.is_empty() {
        None
    } else {
        Some(Beginning::new(&config, &options)?)
    };
    let log = Log::start(&LogSettings {
        console: arguments.log_console,
        syslog: !arguments.no_syslog,
        detail: match arguments.log_detail {
            0 => Detail::Normal,
            1 => Detail::Detailed,
            _ => Detail::Full,
        },
        ..LogSettings::default()
    })?;
    info!("Starting xvrrpd v{}", env!("CARGO_PKG_VERSION"));
    info!("Opening file '{}'.", arguments.use_file.display());
    tell(&diagnostics);
    if arguments.dump_conf {
        for line in format!("{config:#?}").lines() {
            info!("{line}");
        }
    }
    let done = match beginning {
        Some(beginning) => daemon::run(config, &diagnostics, &options, beginning),
        None => {
            let nothing = format!("nothing in {} can run", arguments.use_file.display());
            error!("{nothing}");
            for diagnostic in &diagnostics {
                tell_starter(&diagnostic.concise());
            }
            tell_starter(&nothing);
            Ok(ExitCode::from(EXIT_CONFIGURATION))
        }
    };
    if let Err(failure) = &done {
        error!("{failure:#}");
        tell_starter(&format!("{failure:#}"));
    }
    // Nothing is said about lines that could not be written: where they went, nobody reads.
    log.finish(Duration::from_secs(1));
    Ok(done.unwrap_or_else(|failure| {
        if failure.is::<MissingPrivilege>() {
            ExitCode::from(EXIT_PRIVILEGE)
        } else {
            ExitCode::FAILURE
        }
    }))
}

/// `-t`: what is found goes to standard error or into a file, one line each, as keepalived's does.
fn test_config(arguments: &Arguments, output: Option<&Path>) -> Result<ExitCode> {
    let options = CheckOptions {
        load: load_options(arguments.config_id.as_deref()),
        concise: true,
        color: false,
    };
    let outcome = check(&arguments.use_file, &options);
    match output {
        Some(path) => std::fs::write(path, &outcome.rendered)
            .with_context(|| format!("cannot write {}", path.display()))?,
        None => complain(outcome.rendered.trim_end()),
    }
    Ok(ExitCode::from(outcome.exit_code))
}

/// Under the name it was started by: in the background the kernel would call the process after the link it was started through.
fn name_process() {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name)
        .file_name()
        .unwrap_or_default()
        .as_encoded_bytes();
    // The kernel keeps fifteen bytes.
    if let Ok(name) = CString::new(name.get(..15).unwrap_or(name)) {
        rustix::thread::set_name(&name).ok();
    }
}

fn tell(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        match diagnostic.severity {
            Severity::Error | Severity::Security => error!("{}", diagnostic.concise()),
            Severity::Warning => warn!("{}", diagnostic.concise()),
            Severity::Note => info!("{}", diagnostic.concise()),
        }
    }
}

fn rings(arguments: &Arguments) -> Result<RingSizes> {
    const PAGE: u32 = 4096;
    match arguments.ring_bytes {
        None => Ok(RingSizes::default()),
        Some(bytes) if bytes >= PAGE && bytes.is_power_of_two() => Ok(RingSizes {
            events: bytes,
            alerts: bytes,
            capture: bytes,
        }),
        Some(bytes) => bail!("--ring-bytes must be a power of two of at least {PAGE}, not {bytes}"),
    }
}
