//! The live screen's shell: terminal, threads, channels and signals around the model.
//!
//! One thread keeps the lab and does what keys wish for; two look at it; one waits for keys and one for signals. All of
//! them tell the first thread, which alone has the model and the screen, through one bounded channel. An observer that finds
//! it full waits, and loses nothing, since what it reads is kept elsewhere; a key that finds it full is lost.

use std::fs::File;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, io, panic, process};

use anyhow::{Context, Result, anyhow};
use rustix::process::Signal;
use vrrp_tests::condition::holds_within;
use vrrp_tests::observer::{NodeName, Observation};
use vrrp_tests::report::Report;
use vrrp_tests::screen::{Deed, Model, Wish};
use vrrp_tests::{Moment, Plan};

mod face;
mod keeper;
mod keyboard;
mod signals;

use crate::pair::Pair;
use crate::reporting::Reporting;
use face::{Face, FullScreen, Lines};
use keeper::Order;

/// What is told and not yet taken in.
const INPUTS: usize = 256;
/// What was wished for and is not yet done; a key more is refused, and the screen says so.
const ORDERS: usize = 4;
/// Between two pictures when nothing happens: the clock goes on.
const TICK: Duration = Duration::from_millis(100);
/// What taking the lab down may take; the kernel does the rest.
const PATIENCE: Duration = Duration::from_secs(20);

/// The signal of a terminal that is gone.
const HANGUP: i32 = Signal::HUP.as_raw();

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pair: Pair,
    #[command(flatten)]
    report: Reporting,
}

/// What the first thread is told.
#[derive(Debug)]
enum Input {
    /// A key, as the character it gives.
    Key(char),
    /// The terminal has another size.
    Resized,
    /// The lab is being made, and this is next.
    Making(String),
    /// It is there.
    Made,
    /// Something was seen.
    Seen(Vec<Observation>),
    /// What was wished for was not done.
    NotDone(String),
    /// There is no lab, or none any more.
    Failed(String),
    /// A signal told us to end.
    Signal(i32),
}

/// How it ended.
enum End {
    Quit,
    Signal(i32),
    Failed(String),
}

/// Opens the lab and leaves nothing behind.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match open(arguments) {
        Ok(End::Quit) => ExitCode::SUCCESS,
        Ok(End::Signal(number)) => ExitCode::from(128 | u8::try_from(number).unwrap_or(0)),
        Ok(End::Failed(why)) => {
            complain(&why);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn open(arguments: &Arguments) -> Result<End> {
    let plan = arguments.pair.plan()?;
    live(plan, arguments.report.open()?)
}

fn live(plan: Plan, report: Option<Report>) -> Result<End> {
    let (inputs, told) = sync_channel(INPUTS);
    let (orders, wishes) = sync_channel(ORDERS);
    let mut model = Model::new([plan.r1.daemon, plan.r2.daemon], Moment::now());
    signals::watch(inputs.clone()).context("cannot wait for signals")?;
    restore_before_panics();
    let mut face = face(&inputs)?;
    let folder = report.as_ref().map(|report| report.folder().to_owned());
    let keeper = keeper::start(plan, report, inputs, wishes).context("cannot start a thread")?;

    let end = play(&mut model, face.as_mut(), &told, &orders);
    if matches!(end, Ok(End::Signal(HANGUP))) {
        forget_the_terminal();
    }
    let was_made = !model.is_being_made();
    drop(face);
    if was_made {
        take_down(orders, told, keeper, folder.as_deref())?;
    }
    // A lab half made goes with this process.
    end
}

/// A full screen where there is one.
fn face(inputs: &SyncSender<Input>) -> Result<Box<dyn Face>> {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    if io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb {
        let screen = FullScreen::open().context("the terminal does not take a full screen")?;
        keyboard::watch_terminal(inputs.clone())?;
        return Ok(Box::new(screen));
    }
    keyboard::watch_input(inputs.clone())?;
    Ok(Box::new(Lines::new()))
}

/// Takes in and shows until something ends it.
fn play(
    model: &mut Model,
    face: &mut dyn Face,
    told: &Receiver<Input>,
    orders: &SyncSender<Order>,
) -> Result<End> {
    loop {
        model.tick(Moment::now());
        if let Err(error) = face.show(model) {
            // A terminal that hangs up sends a signal, which says more.
            return signal(told)
                .map(End::Signal)
                .ok_or_else(|| anyhow!("cannot write to the screen: {error}"));
        }
        let first = match told.recv_timeout(TICK) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(anyhow!("nobody is there any more")),
        };
        // All that waits is one picture.
        for input in std::iter::once(first).chain(told.try_iter().take(INPUTS)) {
            if let Some(end) = take(model, input, orders) {
                return Ok(end);
            }
        }
    }
}

/// A signal that has arrived or is about to.
fn signal(told: &Receiver<Input>) -> Option<i32> {
    let mut waiting = (0..INPUTS).map_while(|_| told.recv_timeout(TICK).ok());
    waiting.find_map(|input| match input {
        Input::Signal(number) => Some(number),
        Input::Key(_)
        | Input::Resized
        | Input::Making(_)
        | Input::Made
        | Input::Seen(_)
        | Input::NotDone(_)
        | Input::Failed(_) => None,
    })
}

/// Whoever has something to say from here on says it to nobody: a library that cannot complain panics.
fn forget_the_terminal() {
    if let Ok(nothing) = File::options().write(true).open("/dev/null") {
        rustix::stdio::dup2_stdout(&nothing).ok();
        rustix::stdio::dup2_stderr(&nothing).ok();
    }
}

/// The terminal may be gone.
fn complain(text: &str) {
    drop(writeln!(io::stderr(), "vrrp-lab: {text}"));
}

fn take(model: &mut Model, input: Input, orders: &SyncSender<Order>) -> Option<End> {
    match input {
        Input::Key(key) => match model.press(key)? {
            Wish::Quit => return Some(End::Quit),
            Wish::Deed(deed, node) => order(model, deed, node, orders),
        },
        Input::Resized => {}
        Input::Making(what) => model.making(Some(what)),
        Input::Made => model.making(None),
        Input::Seen(observations) => observations.iter().for_each(|seen| model.take(seen)),
        Input::NotDone(why) => model.note(why),
        Input::Failed(why) => return Some(End::Failed(why)),
        Input::Signal(number) => return Some(End::Signal(number)),
    }
    None
}

fn order(model: &mut Model, deed: Deed, node: NodeName, orders: &SyncSender<Order>) {
    let what = keeper::name(deed, node);
    model.note(match orders.try_send((deed, node)) {
        Ok(()) => what,
        Err(TrySendError::Full(_)) => format!("{what}: still busy with what you asked before"),
        Err(TrySendError::Disconnected(_)) => format!("{what}: the lab is gone"),
    });
}

/// The machines end in order, while those who still want to tell something learn that nobody listens.
fn take_down(
    orders: SyncSender<Order>,
    told: Receiver<Input>,
    keeper: JoinHandle<Result<()>>,
    report: Option<&Path>,
) -> Result<()> {
    complain("taking the lab down");
    drop(orders);
    drop(told);
    if !holds_within(PATIENCE, || keeper.is_finished()) {
        return Ok(());
    }
    match (keeper.join(), report) {
        (Ok(Err(error)), _) => Err(error.context("there is no report")),
        (Ok(Ok(())), Some(report)) => {
            complain(&format!("the report is in {}", report.display()));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A panic that nobody catches is read on the terminal's own screen, and ends everything.
fn restore_before_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if keeper::catches_panics_of(&thread::current()) {
            return;
        }
        FullScreen::leave();
        report(panic);
        process::exit(101);
    }));
}
