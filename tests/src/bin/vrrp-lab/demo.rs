//! Plays the demonstration on a terminal.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, ensure};
use vrrp_tests::demo::{self, Tell};
use vrrp_tests::report::Report;
use vrrp_tests::{Daemon, Moment, Plan};

use crate::pair::Pair;
use crate::reporting::Reporting;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// With `--with keepalived`, what wrong passwords do to keepalived is played too.
    #[command(flatten)]
    pair: Pair,
    #[command(flatten)]
    report: Reporting,
}

/// Plays it; an act that goes wrong ends it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let plan = arguments.pair.plan()?;
    let report = arguments.report.open()?;
    // What went wrong, without a backtrace through the machinery.
    panic::set_hook(Box::new(|panic| eprintln!("vrrp-lab: {panic}")));
    let mut teller = Teller::new();
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        play(&plan, report.as_ref(), &mut teller)
    }));
    ensure!(played.is_ok(), "the demonstration did not go as it should");
    teller.result("everything went as it should");
    Ok(())
}

fn play(plan: &Plan, report: Option<&Report>, teller: &mut Teller) {
    demo::play(plan, report, teller);
    if plan.r2.daemon == Daemon::Keepalived {
        demo::side_by_side(&plan.binaries, teller);
    }
}

/// Tells with the time since the beginning; in colour on a terminal that has not declined it.
struct Teller {
    began: Moment,
    colour: bool,
}

impl Teller {
    fn new() -> Self {
        Self {
            began: Moment::now(),
            colour: io::stdout().is_terminal() && !declines_colour(),
        }
    }

    fn line(&self, style: &str, text: &str) {
        let time = Moment::now().since(self.began);
        let time = format!("{:>4}.{} s", time.as_secs(), time.subsec_millis() / 100);
        let text = if self.colour {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        };
        say(&format!("{time}  {text}"));
    }
}

impl Tell for Teller {
    fn act(&mut self, what: &str) {
        self.line("1", what);
    }

    fn result(&mut self, what: &str) {
        self.line("32", &format!("  {what}"));
    }

    fn show(&mut self, title: &str, text: &str) {
        say("");
        self.line("1", &format!("{title}:"));
        for line in text.lines() {
            say(&format!("    {line}"));
        }
    }
}

/// Whether whoever reads has asked for no colour (no-color.org).
pub(crate) fn declines_colour() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// A reader that has gone away is no reason to stop before the lab is taken down in order.
fn say(line: &str) {
    drop(writeln!(io::stdout(), "{line}"));
}
