//! Tells the people: the log, the notify scripts, the mails; and judges who else claims our addresses.

pub(super) mod alert_sources;
pub(super) mod groups;
pub(super) mod phrases;
pub mod reasons;
mod rejections;
mod roll_call;

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use tracing::{debug, info, warn};
use vrrp_ebpf::abi::{ALERT_CLAIM, Alert, Reason};

use self::{
    alert_sources::AlertSources,
    groups::{GroupAudience, Groups},
    phrases::{Level, Phrase},
    rejections::Rejections,
    roll_call::RollCall,
};
use super::election::executor::{TELLINGS, Telling, Told};
use crate::{
    protocol::{
        Because, Family, Monotonic, Note, Priority, State, Transition,
        address_claims::{AddressClaims, Alarm, Claim, Colons, Rightful},
        state::keepalived_name,
    },
    system::{
        clock,
        mailer::{self, Mailer},
        notifier::{NotifyScripts, Subject, notifications},
        runner::Runner,
        service_manager::ServiceManager,
    },
};

/// What is told of one router, and to whom.
#[derive(Debug)]
pub(super) struct Audience {
    pub(super) name: String,
    pub(super) notify: NotifyScripts,
    pub(super) sends_mail: bool,
    /// Advertisement_Interval: the time a claim has to be explained.
    pub(super) interval: Duration,
}

/// Who is told what, according to the configuration.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// By slot.
    pub(super) audiences: BTreeMap<usize, Audience>,
    /// The sync groups.
    pub(super) groups: Vec<GroupAudience>,
    /// Names of the interfaces by port.
    pub(super) interfaces: BTreeMap<u16, String>,
    pub(super) router_id: String,
    /// Another mailer than before, or none from now on; `None` to keep the one there is.
    pub(super) mailer: Option<Option<Mailer>>,
    /// Told when the roster holds and everything before it has been told to those before.
    pub(super) done: Option<oneshot::Sender<()>>,
}

/// Everybody who is told anything.
pub(super) struct Reporter {
    roster: Roster,
    runner: Runner,
    mailer: Option<Mailer>,
    claims: AddressClaims,
    rejections: Rejections,
    roll_call: RollCall,
    groups: Groups,
    service_manager: ServiceManager,
}

impl Reporter {
    /// A reporter who knows nobody yet.
    pub(super) fn new(runner: Runner, service_manager: ServiceManager) -> Self {
        Self {
            roster: Roster::default(),
            runner,
            mailer: None,
            claims: AddressClaims::default(),
            rejections: Rejections::default(),
            roll_call: RollCall::default(),
            groups: Groups::default(),
            service_manager,
        }
    }

    /// Tells until the election has ended and everything it said has been told; then sees the mails off.
    pub(super) async fn run(
        mut self,
        mut tellings: mpsc::Receiver<Telling>,
        mut rosters: mpsc::Receiver<Roster>,
        mut alerts: AlertSources,
    ) {
        self.service_manager.status(self.roll_call.to_string());
        loop {
            let judge_in = self
                .claims
                .deadline()
                .map(|deadline| deadline.since(clock::now()));
            tokio::select! {
                biased;
                Some(roster) = rosters.recv() => {
                    for _ in 0..TELLINGS {
                        match tellings.try_recv() {
                            Ok(telling) => self.tell(&telling),
                            Err(_) => break,
                        }
                    }
                    self.take_over(roster);
                }
                telling = tellings.recv() => match telling {
                    Some(telling) => self.tell(&telling),
                    None => break,
                },
                () = sleep(judge_in.unwrap_or_default()), if judge_in.is_some() => {
                    for alarm in self.claims.judge(clock::now()) {
                        self.raise(&alarm);
                    }
                }
                heard = alerts.next() => heard.iter().for_each(|alert| self.take(alert)),
            }
        }
        if let Some(mailer) = self.mailer {
            mailer.finish(Duration::from_secs(1)).await;
        }
    }

    /// A router that has left keeps its audience until its slot is given out again: it may have a last word.
    fn take_over(&mut self, mut roster: Roster) {
        if let Some(mailer) = roster.mailer.take()
            && let Some(before) = std::mem::replace(&mut self.mailer, mailer)
        {
            drop(tokio::spawn(before.finish(Duration::from_secs(60))));
        }
        self.roll_call.expect(roster.audiences.keys().copied());
        self.service_manager.status(self.roll_call.to_string());
        let done = roster.done.take();
        let before = std::mem::replace(&mut self.roster, roster).audiences;
        for (slot, audience) in before {
            self.roster.audiences.entry(slot).or_insert(audience);
        }
        if let Some(done) = done {
            done.send(()).ok();
        }
    }

    fn tell(&mut self, telling: &Telling) {
        let Some(audience) = self.roster.audiences.get(&telling.slot) else {
            return;
        };
        let name = &audience.name;
        match &telling.what {
            Told::Transition(transition) => self.transition(telling.slot, transition, telling.now),
            Told::Note(note) => {
                if let Note::ActiveRouterLearned { .. } = note {
                    self.claims.active_router_changed(telling.slot, telling.now);
                }
                log(name, phrases::note(note));
            }
            Told::Sending(Ok(())) => info!("({name}) adverts are sent again"),
            Told::Sending(Err(failure)) => warn!("({name}) adverts cannot be sent: {failure}"),
            Told::NoGoodbye => {
                warn!("({name}) priority 0 could not be sent; the others will wait for silence");
            }
            Told::GuardUnreachable(failure) => {
                warn!("({name}) {failure}: a crash would leave the addresses until the next start");
            }
            Told::Rejected { reason, source } => {
                self.rejected(telling.slot, *reason, *source, telling.now);
            }
            Told::Lost(count) => {
                warn!("{count} lines about the election were lost before this one")
            }
        }
    }

    fn transition(&mut self, slot: usize, transition: &Transition, now: Monotonic) {
        self.claims.transition(slot, transition.to, now);
        self.roll_call.note(slot, transition.to);
        self.service_manager.status(self.roll_call.to_string());
        let Some(audience) = self.roster.audiences.get(&slot) else {
            return;
        };
        for phrase in phrases::transition(transition) {
            log(&audience.name, phrase);
        }
        // keepalived: whoever leaves the configuration is at fault, as far as his scripts hear.
        let state = if transition.because == Because::Removed {
            State::Fault
        } else {
            transition.to
        };
        let subject = Subject::Instance(&audience.name);
        self.notify(slot, &audience.notify, subject, state, transition.priority);
        if audience.sends_mail {
            let priority = transition.priority.to_string();
            self.mail(subject, transition, &[("effective priority", &priority)]);
        }
        self.group_transition(slot, transition);
    }

    /// keepalived: after the last member's own.
    fn group_transition(&mut self, slot: usize, transition: &Transition) {
        let mut groups = self.roster.groups.iter();
        let Some(audience) = groups.find(|one| one.group.members.contains(&slot)) else {
            return;
        };
        let states = &self.roll_call;
        let news = self.groups.news(&audience.group, |slot| states.state(slot));
        let Some(state) = news else {
            return;
        };
        let name = &audience.group.name;
        info!(
            "VRRP_Group({name}) Syncing instances to {} state",
            keepalived_name(state)
        );
        let subject = Subject::Group(name);
        let first = audience.group.members.first().copied().unwrap_or(slot);
        self.notify(first, &audience.notify, subject, state, Priority::RELEASE);
        if audience.sends_mail {
            let of_group = Transition {
                to: state,
                ..transition.clone()
            };
            self.mail(subject, &of_group, &[]);
        }
    }

    /// In the queue of a slot: of a group that is its first member's.
    fn notify(
        &self,
        slot: usize,
        scripts: &NotifyScripts,
        subject: Subject<'_>,
        state: State,
        priority: Priority,
    ) {
        let queue = u32::try_from(slot).unwrap_or(u32::MAX);
        for (script, arguments) in notifications(scripts, subject, state, priority) {
            self.runner.notify(queue, script, arguments);
        }
    }

    fn mail(&self, subject: Subject<'_>, transition: &Transition, facts: &[(&str, &str)]) {
        let Some(mailer) = &self.mailer else {
            return;
        };
        let because = transition.because.to_string();
        let mail = mailer::mail_for(&mailer::Transition {
            router_id: &self.roster.router_id,
            subject,
            state: transition.to,
            because: &because,
            facts,
        });
        if let Some(mail) = mail {
            mailer.send(mail);
        }
    }

    fn take(&mut self, alert: &Alert) {
        let now = Monotonic::from_nanos(alert.time_ns);
        let address = Family::of_key(alert.family).read(alert.address);
        let slot = alert.slot as usize;
        if alert.kind == ALERT_CLAIM {
            let Some(audience) = self.roster.audiences.get(&slot) else {
                return;
            };
            let by = alert.hardware_address;
            debug!("({}) {address} is claimed by {}", audience.name, Colons(by));
            let claim = Claim {
                at: now,
                slot,
                port: alert.port,
                address,
                by,
            };
            self.claims.claimed(claim, clock::now(), audience.interval);
        } else if let Some(reason) = Reason::ALL.get(usize::from(alert.reason)) {
            self.rejected(slot, *reason, address, now);
        }
    }

    fn rejected(&mut self, slot: usize, reason: Reason, source: IpAddr, now: Monotonic) {
        let Some(audience) = self.roster.audiences.get(&slot) else {
            return;
        };
        if let Some(line) = self.rejections.line(slot, reason, source, now) {
            warn!("({}) {line}", audience.name);
        }
    }

    fn raise(&self, alarm: &Alarm) {
        let claim = &alarm.claim;
        let Some(audience) = self.roster.audiences.get(&claim.slot) else {
            return;
        };
        let interface = self
            .roster
            .interfaces
            .get(&claim.port)
            .map_or("an interface", String::as_str);
        let (name, address, by) = (&audience.name, claim.address, Colons(claim.by));
        let protocol = match Family::of(address) {
            Family::Ipv4 => "ARP",
            Family::Ipv6 => "Neighbour Discovery",
        };
        match alarm.rightful {
            Rightful::Us => warn!(
                "({name}) ALARM: {by} claims {address} on {interface} by {protocol} while we are MASTER"
            ),
            Rightful::Other(other) => warn!(
                "({name}) ALARM: {by} claims {address} on {interface} by {protocol}, which {} has had, and MASTER has not changed",
                Colons(other)
            ),
        }
    }
}

fn log(name: &str, (level, text): Phrase) {
    match level {
        Level::Detail => debug!("({name}) {text}"),
        Level::Info => info!("({name}) {text}"),
        Level::Warning => warn!("({name}) {text}"),
    }
}
