//! The thread that keeps the lab, and does to it what keys wish for.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use vrrp_tests::condition::pause;
use vrrp_tests::observer::{Counting, NodeName, Observation, Observer};
use vrrp_tests::screen::{Deed, Hand};
use vrrp_tests::{Lab, Plan};

use super::Input;

/// Something to be done to a node.
pub(super) type Order = (Deed, NodeName);

/// Between two looks: quick to the eye, and cheap.
const LOOK: Duration = Duration::from_millis(50);
/// Between two looks at the kernel's counters, each of which starts a `bpftool`.
const COUNT: Duration = Duration::from_secs(1);

const NAME: &str = "keeper";

/// Whether this thread's panics are caught, and told as what they are: something in the lab did not go as it should.
pub(super) fn catches_panics_of(thread: &Thread) -> bool {
    thread.name() == Some(NAME)
}

/// Makes the lab and keeps it until there can be no more orders.
pub(super) fn start(
    plan: Plan,
    inputs: SyncSender<Input>,
    orders: Receiver<Order>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(NAME.into()).spawn(move || {
        let kept = caught(|| keep(&plan, &inputs, &orders));
        if let Err(why) = kept {
            // Nobody may listen any more.
            drop(inputs.send(Input::Failed(why)));
        }
    })
}

fn keep(plan: &Plan, inputs: &SyncSender<Input>, orders: &Receiver<Order>) {
    let lab = Lab::watched(plan, &mut |what| {
        drop(inputs.send(Input::Making(what.to_owned())));
    });
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (mut observer, mut counting) = (Observer::of(&lab), Counting::of(&lab));
        scope.spawn(|| watch(&is_over, LOOK, inputs, move || observer.look()));
        scope.spawn(|| watch(&is_over, COUNT, inputs, move || counting.look()));
        // Whatever happens, the observers end before the lab does.
        let worked = caught(|| work(&lab, inputs, orders));
        is_over.store(true, Ordering::Relaxed);
        if let Err(why) = worked {
            drop(inputs.send(Input::Failed(why)));
        }
    });
}

fn work(lab: &Lab, inputs: &SyncSender<Input>, orders: &Receiver<Order>) {
    // r1 first: two that start together may each win, by milliseconds, and `nopreempt` leaves it at that.
    drop(inputs.send(Input::Making("the first election".into())));
    lab.elect();
    drop(inputs.send(Input::Made));
    let mut hand = Hand::in_the(lab);
    for (deed, node) in orders {
        let done = caught(|| hand.act(deed, node));
        let why = match done {
            Ok(Ok(())) => continue,
            Ok(Err(refused)) => refused.to_owned(),
            Err(failed) => failed,
        };
        drop(inputs.send(Input::NotDone(format!("{node}: {why}"))));
    }
}

/// Looks again and again, and tells what is new.
fn watch(
    is_over: &AtomicBool,
    rhythm: Duration,
    inputs: &SyncSender<Input>,
    mut look: impl FnMut() -> Vec<Observation>,
) {
    while !is_over.load(Ordering::Relaxed) {
        let seen = look();
        if !seen.is_empty() && inputs.send(Input::Seen(seen)).is_err() {
            break;
        }
        pause(rhythm);
    }
}

/// What `act` returns, or what its panic says.
fn caught<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(act)).map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it did not go as it should").to_owned()
}
