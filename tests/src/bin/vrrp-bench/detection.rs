//! How exactly the Backup keeps its time: from the last advert of the dead to the first of the living, less Active_Down_Interval.

use std::time::Duration;

use vrrp_tests::Moment;
use vrrp_tests::condition::pause;

use crate::Extent;
use crate::results::{Figure, Results};
use crate::subject::{ADVERTS_AND_ARP, Subject};
use crate::takeover::configuration;
use crate::wire::{Wire, milliseconds};

const PATIENCE: Duration = Duration::from_secs(30);
/// RFC 9568 §6.1, for 10 ms and priority 100: three intervals and 156/256 of one.
const ACTIVE_DOWN_INTERVAL: Duration = Duration::from_nanos(36_093_750);

const LATE: Figure = Figure::new("lateness of the takeover", "ms");

pub(crate) fn measure(subject: &Subject, extent: Extent, results: &mut Results) {
    let kills = if extent.is_quick { 5 } else { 20 };
    let lab = subject.lab(ADVERTS_AND_ARP, |priority| configuration(priority, 0));
    let mut wire = Wire::of(&lab.second);
    lab.r2.start_daemon();
    for _ in 0..kills {
        let began = Moment::now();
        lab.r1.start_daemon();
        let speaks = |wire: &Wire| wire.adverts(&lab.r1, began).len() > 20;
        assert!(
            wire.read_until(PATIENCE, speaks) && lab.r2.is_backup(),
            "r1 is Active"
        );
        pause(Duration::from_millis(300));
        let killed = Moment::now();
        lab.r1.kill_every_process();
        let takes_over = |wire: &Wire| !wire.adverts(&lab.r2, killed).is_empty();
        assert!(wire.read_until(PATIENCE, takes_over), "r2 takes over");
        lab.r1.wait_until_ended();
        let (last, first) = (
            wire.adverts(&lab.r1, began).pop(),
            wire.adverts(&lab.r2, killed),
        );
        if let (Some(last), Some(first)) = (last, first.first()) {
            let late = milliseconds(first.since(last)) - milliseconds(ACTIVE_DOWN_INTERVAL);
            results.add(subject.daemon, "detection at 10 ms", LATE, late);
        }
    }
}
