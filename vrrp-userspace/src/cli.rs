//! The command line: keepalived's options for the daemon, and commands of our own.

mod capture;
mod check;
mod client;
mod completions;
mod daemon;
mod history;
mod manual;
mod reload;
mod replay;
mod status;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{config::LoadOptions, daemon::last_words, guard};

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
    daemon: daemon::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say everything there is to say about a configuration, and start nothing.
    ///
    /// Exit codes: 0 fine, 4 no instance would start, 5 it would start, with complaints, 6 a script that runs as root can be
    /// changed by others.
    ///
    /// With --pair: 0 the two agree, 4 one of them has no instance that would start, 5 they disagree.
    ///
    /// With --against-running: 0 a reload would take it, 1 it would refuse it, 3 no daemon answers.
    Check(check::Arguments),
    /// Say what the running daemon is doing, and why.
    ///
    /// Per instance its state, since when and because of what, its priority and what that is made of, who is MASTER and how old the last
    /// advert is, and its addresses; per interface the XDP program and the counters by reason; the program's maps with the command that
    /// shows each; late wake-ups and the last reload. For root and the group `control_group` names.
    ///
    /// Exit codes: 0 it said so, whatever the state is; 1 it could not, for the reason given; 3 no daemon answers.
    Status(status::Arguments),
    /// Say what the instances of the running daemon have become, why, and which adverts were around it.
    ///
    /// The last 32 transitions of each instance, with the adverts since the transition before and those of the ten seconds after. With
    /// --dump, what a daemon that crashed has left behind. For root and the group `control_group` names.
    ///
    /// Exit codes: 0 it said so, 1 it could not, for the reason given, 3 no daemon answers.
    History(history::Arguments),
    /// Have the running daemon read its configuration again, and say what has changed.
    ///
    /// It goes over to the new configuration by difference; whoever has not changed does not notice. A configuration that is refused
    /// changes nothing, and the reasons are written to standard error.
    ///
    /// Exit codes: 0 done, 1 refused, 3 no daemon answers.
    Reload(reload::Arguments),
    /// Show the frames that the daemon rejects, with the reason.
    ///
    /// They are dropped before tcpdump could see them. A line for each, or with -w a pcapng file that tshark and Wireshark open, where the
    /// reason is the frame's comment. For root, and for one at a time. It goes on until it is interrupted, and then says how many there
    /// were and how many could not be kept.
    ///
    /// Exit codes: 0 interrupted, or as many as asked for, 1 refused, or the daemon hung up, 3 no daemon answers.
    Capture(capture::Arguments),
    /// Play a recording and compare what is done with what was done.
    ///
    /// A running daemon writes one when it gets SIGUSR1. Exit codes: 0 the same, 1 not.
    Replay(replay::Arguments),
    /// Write the completions for a shell to standard output.
    ///
    /// The package has them where the shells look; for a daemon that was built by hand, bash reads them with
    /// `source <(xvrrpd completions bash)`.
    Completions(completions::Arguments),
    /// Write the manual pages into a folder; what `cargo xtask dist` packs.
    #[command(hide = true)]
    Manual(manual::Arguments),
}

/// The command line, as it is defined: what the manual pages and the completions are made from.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
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
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Reload(arguments)) => reload::run(&arguments),
        Some(Command::History(arguments)) => history::run(&arguments),
        Some(Command::Status(arguments)) => status::run(&arguments),
        Some(Command::Capture(arguments)) => capture::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Manual(arguments)) => manual::run(&arguments),
        None => daemon::run(&cli.daemon),
    };
    done.unwrap_or_else(|failure| {
        complain(&format!("xvrrpd: {failure:#}"));
        ExitCode::FAILURE
    })
}

/// A bug ends the whole daemon, which leaves its last words, and the guard cleans up. A daemon that has lost one of its threads would hold addresses and not speak.
fn abort_on_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        last_words::say(panic);
        std::process::abort();
    }));
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
