//! The thread that keeps the lab, and does to it what keys wish for.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::{self, JoinHandle, Thread};

use anyhow::Result;
use vrrp_tests::observer::{NodeName, watched};
use vrrp_tests::report::{Record, Report};
use vrrp_tests::screen::{Binding, Deed, Hand};
use vrrp_tests::{Lab, Plan};

use super::Input;

/// Something to be done to a node.
pub(super) type Order = (Deed, NodeName);

const NAME: &str = "keeper";

/// Whether this thread's panics are caught, and told as what they are: something in the lab did not go as it should.
pub(super) fn catches_panics_of(thread: &Thread) -> bool {
    thread.name() == Some(NAME)
}

/// Makes the lab and keeps it until there can be no more orders; then there is the report, or what stood in its way.
pub(super) fn start(
    plan: Plan,
    report: Option<Report>,
    inputs: SyncSender<Input>,
    orders: Receiver<Order>,
) -> io::Result<JoinHandle<Result<()>>> {
    thread::Builder::new().name(NAME.into()).spawn(move || {
        caught(|| keep(&plan, report.as_ref(), &inputs, &orders)).unwrap_or_else(|why| {
            // Nobody may listen any more.
            drop(inputs.send(Input::Failed(why)));
            Ok(())
        })
    })
}

fn keep(
    plan: &Plan,
    report: Option<&Report>,
    inputs: &SyncSender<Input>,
    orders: &Receiver<Order>,
) -> Result<()> {
    let lab = Lab::watched(plan, &mut |what| {
        drop(inputs.send(Input::Making(what.to_owned())));
    });
    let record = Record::default();
    let tell = |seen: Vec<_>| {
        if report.is_some() {
            record.saw(&seen);
        }
        drop(inputs.send(Input::Seen(seen)));
    };
    watched(&lab, &tell, || {
        if let Err(why) = caught(|| work(&lab, &record, inputs, orders)) {
            drop(inputs.send(Input::Failed(why)));
        }
    });
    report.map_or(Ok(()), |report| report.write(&lab, &record))
}

fn work(lab: &Lab, record: &Record, inputs: &SyncSender<Input>, orders: &Receiver<Order>) {
    // r1 first: two that start together may each win, by milliseconds, and `nopreempt` leaves it at that.
    drop(inputs.send(Input::Making("the first election".into())));
    lab.elect();
    drop(inputs.send(Input::Made));
    let mut hand = Hand::in_the(lab);
    for (deed, node) in orders {
        record.did(&name(deed, node));
        let done = caught(|| hand.act(deed, node));
        let why = match done {
            Ok(Ok(())) => continue,
            Ok(Err(refused)) => refused.to_owned(),
            Err(failed) => failed,
        };
        drop(inputs.send(Input::NotDone(format!("{node}: {why}"))));
    }
}

/// What is to be done, and to whom.
pub(super) fn name(deed: Deed, node: NodeName) -> String {
    let what = Binding::to(deed).map_or("", |binding| binding.name);
    if deed.is_to_the_network() {
        what.to_owned()
    } else {
        format!("{what} {node}")
    }
}

/// What `act` returns, or what its panic says.
fn caught<T>(act: impl FnOnce() -> T) -> std::result::Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(act)).map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it did not go as it should").to_owned()
}
