//! The command line: keepalived's options for the daemon, and commands of our own.

use std::{
    ffi::CString,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::{ArgAction, Args, Parser, Subcommand};
use tracing::{error, info, warn};

use crate::{
    check::{CheckOptions, check},
    config::{self, Config, Diagnostic, LoadOptions, Severity},
    daemon::{self, Beginning, EXIT_CONFIGURATION},
    guard,
    protocol::recording::Recording,
    system::{
        config_files::DiskSource,
        datapath::RingSizes,
        host::Host,
        log::{Detail, Log, LogSettings},
    },
};

/// The file that keepalived reads.
const DEFAULT_CONFIG: &str = "/etc/keepalived/keepalived.conf";
/// The file that keepalived writes.
const DEFAULT_PID_FILE: &str = "/run/keepalived.pid";

/// Keeps virtual IP addresses alive on groups of nodes, by VRRP: a drop-in for keepalived's VRRP part whose packets are
/// judged in the kernel.
#[derive(Debug, Parser)]
#[command(
    name = "xvrrpd",
    version,
    disable_version_flag = true,
    args_conflicts_with_subcommands = true,
    after_help = "Without a command the daemon runs, with keepalived's options and keepalived's configuration:\n  \
        xvrrpd -f /etc/keepalived/keepalived.conf -n -l -D\n\n\
        Signals: TERM and INT stop it, saying goodbye; USR1 writes a recording beside the pid file for `xvrrpd replay`.\n\
        Exit codes: 0 stopped, 1 failed, 2 nothing in the configuration can run, 4 a privilege is missing."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    daemon: DaemonArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say everything there is to say about a configuration, and start nothing.
    ///
    /// Exit codes: 0 fine, 4 no instance would start, 5 it would start, with complaints, 6 a script that runs as root can be
    /// changed by others.
    Check(CheckArguments),
    /// Play a recording and compare what is done with what was done.
    ///
    /// A running daemon writes one when it gets SIGUSR1. Exit codes: 0 the same, 1 not.
    Replay {
        /// The recording: JSON, beside the pid file with the ending `.recording.json`.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// The configuration.
    #[arg(default_value = DEFAULT_CONFIG)]
    file: PathBuf,
    /// One line for each complaint.
    #[arg(long)]
    concise: bool,
    /// The id that `@id` lines are compared with; `xvrrpd` always matches too.
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
}

#[derive(Debug, Args)]
struct DaemonArguments {
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

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == guard::SUBCOMMAND)
    {
        return guard::main();
    }
    abort_on_panic();
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Check(arguments)) => Ok(run_check(&arguments)),
        Some(Command::Replay { file }) => replay(&file),
        None => run_daemon(&cli.daemon),
    };
    done.unwrap_or_else(|failure| {
        complain(&format!("xvrrpd: {failure:#}"));
        ExitCode::FAILURE
    })
}

/// A bug ends the whole daemon, and the guard cleans up. A daemon that has lost one of its threads would hold addresses and not speak.
fn abort_on_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
}

fn run_check(arguments: &CheckArguments) -> ExitCode {
    let options = CheckOptions {
        load: load_options(arguments.config_id.as_deref()),
        concise: arguments.concise,
        color: is_coloured(&std::io::stdout()),
    };
    let outcome = check(&arguments.file, &options);
    say(outcome.rendered.trim_end());
    ExitCode::from(outcome.exit_code)
}

/// `-t`: what is found goes to standard error or into a file, one line each, as keepalived's does.
fn test_config(arguments: &DaemonArguments, output: Option<&Path>) -> Result<ExitCode> {
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

fn replay(file: &Path) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let recordings: Vec<Recording> = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no recording of this version", file.display()))?;
    let mut differs = false;
    for recording in &recordings {
        let name = &recording.before.settings().name;
        match recording.replay() {
            Ok(router) => say(&format!(
                "({name}) {} events give the same actions; state at the end: {:?}",
                recording.entries.len(),
                router.state()
            )),
            Err(difference) => {
                differs = true;
                say(&format!(
                    "({name}) event {} of {} gives other actions\n  recorded: {:?}\n  replayed: {:?}",
                    difference.index,
                    recording.entries.len(),
                    difference.recorded,
                    difference.replayed
                ));
            }
        }
    }
    Ok(if differs {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn run_daemon(arguments: &DaemonArguments) -> Result<ExitCode> {
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
        pid_file: std::path::absolute(&arguments.pid)?,
        rings,
    };
    name_process();
    let (config, diagnostics) = load(arguments);
    let beginning = if config.instances.is_empty() {
        None
    } else {
        Some(Beginning::new(&options)?)
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
        Some(beginning) => daemon::run(&config, &options, beginning),
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
    Ok(done.unwrap_or(ExitCode::FAILURE))
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

fn load(arguments: &DaemonArguments) -> (Config, Vec<Diagnostic>) {
    let name = arguments.use_file.to_string_lossy();
    let options = load_options(arguments.config_id.as_deref());
    let (config, mut diagnostics) = config::load(&DiskSource, &name, &options);
    diagnostics.extend(config::verify(&config, &Host));
    (config, diagnostics)
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

fn load_options(config_id: Option<&str>) -> LoadOptions {
    let host = rustix::system::uname();
    let short = host
        .nodename()
        .to_string_lossy()
        .split('.')
        .next()
        .map(str::to_owned);
    LoadOptions {
        config_id: config_id.map(str::to_owned).or(short),
    }
}

fn rings(arguments: &DaemonArguments) -> Result<RingSizes> {
    const PAGE: u32 = 4096;
    match arguments.ring_bytes {
        None => Ok(RingSizes::default()),
        Some(bytes) if bytes >= PAGE && bytes.is_power_of_two() => Ok(RingSizes {
            events: bytes,
            alerts: bytes,
        }),
        Some(bytes) => bail!("--ring-bytes must be a power of two of at least {PAGE}, not {bytes}"),
    }
}

/// Colours help a person and nobody else.
fn is_coloured(stream: &impl std::io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[expect(
    clippy::print_stdout,
    reason = "the one place that speaks to standard output"
)]
fn say(text: &str) {
    println!("{text}");
}

fn complain(text: &str) {
    eprintln!("{text}");
}
