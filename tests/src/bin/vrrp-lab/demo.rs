//! Plays the demonstration on a terminal.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use vrrp_tests::demo::{self, Tell};
use vrrp_tests::{Binaries, Daemon, Moment, Plan};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The xvrrpd to play with; the one built beside this program if none is named.
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
    /// What the other node runs; `keepalived` also plays what wrong passwords do to keepalived.
    #[arg(long, value_name = "DAEMON", default_value = "xvrrpd")]
    with: With,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum With {
    Xvrrpd,
    Keepalived,
}

/// Plays it; an act that goes wrong ends it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "making namespaces takes root"
    );
    let mut binaries = Binaries::beside_this_one();
    if let Some(daemon) = &arguments.daemon {
        binaries.xvrrpd.clone_from(daemon);
    }
    binaries.xvrrpd = fs::canonicalize(&binaries.xvrrpd)
        .with_context(|| format!("there is no daemon {}", binaries.xvrrpd.display()))?;

    // What went wrong, without a backtrace through the machinery.
    panic::set_hook(Box::new(|panic| eprintln!("vrrp-lab: {panic}")));
    let mut teller = Teller::new();
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        play(arguments.with, &binaries, &mut teller)
    }));
    ensure!(played.is_ok(), "the demonstration did not go as it should");
    teller.result("everything went as it should");
    Ok(())
}

fn play(with: With, binaries: &Binaries, teller: &mut Teller) {
    let other = match with {
        With::Xvrrpd => Daemon::Xvrrpd,
        With::Keepalived => Daemon::Keepalived,
    };
    let plan = Plan {
        binaries: binaries.clone(),
        ..Plan::seeds(Daemon::Xvrrpd, other)
    };
    demo::play(&plan, teller);
    if with == With::Keepalived {
        demo::side_by_side(binaries, teller);
    }
}

/// Tells with the time since the beginning; in colour on a terminal that has not declined it.
struct Teller {
    began: Moment,
    colour: bool,
}

impl Teller {
    fn new() -> Self {
        let declined = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            began: Moment::now(),
            colour: io::stdout().is_terminal() && !declined,
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

/// A reader that has gone away is no reason to stop before the lab is taken down in order.
fn say(line: &str) {
    drop(writeln!(io::stdout(), "{line}"));
}
