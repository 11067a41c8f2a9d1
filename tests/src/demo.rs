//! The demonstration: the pair of the seeds lives through a bad day, and says what happened.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use crate::binaries::Daemon;
use crate::condition::within;
use crate::lab::{Lab, Plan};
use crate::moment::{Moment, Seconds};
use crate::observer::watched;
use crate::report::{Record, Report};
use crate::story;

mod pictures;
mod summary;

pub use pictures::side_by_side;

/// Whom the demonstration tells what it does.
pub trait Tell {
    /// Something is about to be done.
    fn act(&mut self, what: &str);
    /// It had this result.
    fn result(&mut self, what: &str);
    /// A part of the summary, of any number of lines.
    fn show(&mut self, title: &str, text: &str);
}

/// The play: a pair of nodes, somebody to tell, and the times worth repeating at the end.
struct Demo<'a> {
    lab: &'a Lab,
    tell: &'a mut dyn Tell,
    record: Option<&'a Record>,
    measured: Vec<(String, Duration)>,
}

/// Plays every act in a new lab and tells the summary; with a report, what happened is written, also if an act goes wrong.
///
/// # Panics
///
/// As soon as an act does not go as it should.
pub fn play(plan: &Plan, report: Option<&Report>, tell: &mut dyn Tell) {
    tell.act(&format!(
        "a lab: r1 runs {}, r2 runs {}, both with HAProxy and the seeds' files",
        plan.r1.daemon, plan.r2.daemon
    ));
    let lab = Lab::new(plan);
    let Some(report) = report else {
        Demo::new(&lab, tell, None).acts();
        return;
    };
    let record = Record::default();
    let tell_record = |seen: Vec<_>| record.saw(&seen);
    let played = watched(&lab, &tell_record, || {
        let acts = || Demo::new(&lab, tell, Some(&record)).acts();
        panic::catch_unwind(AssertUnwindSafe(acts))
    });
    let written = report.write(&lab, &record);
    if let Err(panic) = played {
        panic::resume_unwind(panic);
    }
    match written {
        Ok(()) => tell.result(&format!("the report is in {}", report.folder().display())),
        Err(error) => panic!("there is no report: {error:#}"),
    }
}

impl<'a> Demo<'a> {
    fn new(lab: &'a Lab, tell: &'a mut dyn Tell, record: Option<&'a Record>) -> Self {
        Self {
            lab,
            tell,
            record,
            measured: Vec::new(),
        }
    }

    fn acts(&mut self) {
        self.start();
        self.haproxy_is_healed();
        self.script_stops_the_daemon();
        self.stays_backup();
        self.active_is_killed();
        self.forged_advertisements();
        self.forged_claim();
        self.summary();
    }

    /// Something is about to be done.
    fn act(&mut self, what: &str) {
        if let Some(record) = self.record {
            record.did(what);
        }
        self.tell.act(what);
    }

    fn start(&mut self) {
        self.act("start: r1, then r2");
        let started = Moment::now();
        self.lab.elect();
        let client = &self.lab.client;
        let answers = || client.answered_by().as_deref() == Some("r1");
        within(
            Duration::from_secs(2),
            "the client has its page from r1",
            answers,
        );
        let heard = self
            .lab
            .first
            .advertisements_from(self.lab.r1.identity().first, started);
        let waited = heard
            .first()
            .map_or(Duration::ZERO, |advert| advert.at.since(started));
        self.measure("r1 listened before its first advert", waited);
        self.tell.result(&format!(
            "r1 is Active after {}; r2 is Backup",
            Seconds(waited)
        ));
    }

    fn haproxy_is_healed(&mut self) {
        self.act("(a) HAProxy is killed on r1");
        let healed = story::script_heals_haproxy(self.lab, &self.lab.r1);
        self.measure("a killed HAProxy was back", healed);
        self.tell.result(&format!(
            "the script had it running again after {}; no node changed its role",
            Seconds(healed)
        ));
    }

    fn script_stops_the_daemon(&mut self) {
        self.act("(b) HAProxy is killed on r1, and its configuration broken");
        let lab = self.lab;
        let handover = story::script_stops_the_daemon(lab, &lab.r1, &lab.r2);
        self.measure(
            "priority 0 of r1 to the first advert of r2",
            handover.silence,
        );
        self.measure(
            "longest the client waited, its page being gone",
            handover.unanswered,
        );
        self.tell.result(&format!(
            "the script stopped the daemon; priority 0 left; r2 is Active {} later",
            Seconds(handover.silence)
        ));
    }

    fn stays_backup(&mut self) {
        self.act("(c) HAProxy is repaired, and r1's daemon started again");
        story::comes_back_as_backup(self.lab, &self.lab.r1, &self.lab.r2);
        self.tell.result("r1 stays Backup, as `nopreempt` wants it");
    }

    fn active_is_killed(&mut self) {
        let lab = self.lab;
        self.act(&format!(
            "(d) kill -9 of {} on r2, which is Active",
            lab.r2.daemon()
        ));
        let killed = story::active_is_killed(lab, &lab.r2, &lab.r1);
        let silence = killed.handover.silence;
        let told = match killed.released {
            Some(after) => format!(
                "the guard removed the addresses within {} and sent priority 0; r1 is Active {} \
                 later",
                Seconds(after),
                Seconds(silence)
            ),
            None => format!(
                "its addresses stay; r1 is Active after {}",
                Seconds(silence)
            ),
        };
        lab.r2.start_daemon();
        within(Duration::from_secs(5), "r2 comes back as Backup", || {
            lab.r2.is_backup() && lab.r2.holds_no_address()
        });
        self.measure(
            "last word of the killed r2 to the first advert of r1",
            silence,
        );
        self.measure(
            "longest the client waited for it",
            killed.handover.unanswered,
        );
        self.tell.result(&told);
    }

    fn forged_advertisements(&mut self) {
        self.act("(e) a flood: 200 forged adverts a second with a wrong password");
        let flood = story::flood_changes_nothing(self.lab);
        let rejected = flood
            .rejected
            .iter()
            .map(|(node, count)| format!("{node} {count}"));
        let rejected = rejected.collect::<Vec<_>>().join(", ");
        self.measure(
            "longest the client waited during the flood",
            flood.unanswered,
        );
        self.tell.result(&format!(
            "{} sent; no node changed its role; rejected in the kernel: {rejected}",
            flood.sent
        ));
    }

    fn forged_claim(&mut self) {
        self.act("(f) a stranger claims 192.168.0.5 with a gratuitous ARP");
        let lab = self.lab;
        let alarm = story::claim_is_an_alarm(lab, &lab.r1);
        self.tell.result(&alarm.map_or_else(
            || "keepalived takes no notice".to_owned(),
            |line| format!("r1 says: {}", line.trim()),
        ));
    }

    fn measure(&mut self, what: &str, time: Duration) {
        self.measured.push((what.to_owned(), time));
    }

    fn summary(&mut self) {
        self.tell.show(
            "measured on the wire and by the client",
            &summary::times(&self.measured),
        );
        for node in [&self.lab.r1, &self.lab.r2] {
            let title = format!("mails that {} sent", node.name());
            self.tell.show(&title, &summary::mails(node));
            if node.daemon() == Daemon::Xvrrpd {
                let title = format!("the maps of {} (elements that are not zero)", node.name());
                self.tell.show(&title, &summary::maps(node));
            }
        }
    }
}
