//! The laboratory, as a program: plays the demonstration, and is what the lab's machines run as client, forger,
//! listener and misbehaving mail server.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod ask;
mod demo;
mod listen;
mod live;
mod pair;
mod reporting;
mod send;
mod smtp;
mod tap;

/// Two nodes, a client and a switch in namespaces of their own.
#[derive(Parser)]
#[command(name = "vrrp-lab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the demonstration: a pair of nodes elects, fails over, is attacked, and says what happened.
    Demo(demo::Arguments),
    /// Open the lab on a full screen; single keys break things and mend them, `?` explains.
    ///
    /// Without a terminal, what happens is told in lines, and the same keys are read from standard input. Ends with
    /// 0 after `q` or Ctrl-C, with 128 and the signal's number after a signal, with 1 if the lab could not be made.
    Live(live::Arguments),
    /// Keep asking an address for its page and write down who answered.
    #[command(hide = true)]
    Ask(ask::Arguments),
    /// Send frames from standard input.
    #[command(hide = true)]
    Send(send::Arguments),
    /// Write down every VRRP packet that a raw socket hears.
    #[command(hide = true)]
    Listen(listen::Arguments),
    /// Be a mail server as none should be.
    #[command(hide = true)]
    Smtp(smtp::Arguments),
    /// Carry frames between a TAP and a port of the switch.
    #[command(hide = true)]
    Tap(tap::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Live(arguments) => return live::run(&arguments),
        Command::Ask(arguments) => ask::run(&arguments),
        Command::Send(arguments) => send::run(&arguments),
        Command::Listen(arguments) => listen::run(&arguments),
        Command::Smtp(arguments) => smtp::run(&arguments),
        Command::Tap(arguments) => tap::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vrrp-lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}
