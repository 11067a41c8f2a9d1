//! Looking again and again while something goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Counting, Observation, Observer};
use crate::condition::pause;
use crate::lab::Lab;

/// Between two looks: quick to the eye, and cheap.
const LOOK: Duration = Duration::from_millis(50);
/// Between two looks at the kernel's counters, each of which starts a `bpftool`.
const COUNT: Duration = Duration::from_secs(1);

/// Watches the lab while `act` goes on, and tells what is new; also if that panics, and once more after it.
pub fn watched<T>(
    lab: &Lab,
    tell: &(impl Fn(Vec<Observation>) + Sync),
    act: impl FnOnce() -> T,
) -> T {
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        let (mut observer, mut counting) = (Observer::of(lab), Counting::of(lab));
        scope.spawn(|| watch(&end, LOOK, tell, move || observer.look()));
        scope.spawn(|| watch(&end, COUNT, tell, move || counting.look()));
        let _end = Ends(&end);
        act()
    })
}

fn watch(
    end: &AtomicBool,
    rhythm: Duration,
    tell: &impl Fn(Vec<Observation>),
    mut look: impl FnMut() -> Vec<Observation>,
) {
    loop {
        let is_last = end.load(Ordering::Relaxed);
        let seen = look();
        if !seen.is_empty() {
            tell(seen);
        }
        if is_last {
            return;
        }
        pause(rhythm);
    }
}

/// Sets a flag when it goes, however that comes.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
