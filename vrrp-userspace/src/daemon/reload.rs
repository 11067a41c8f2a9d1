//! From one configuration to the next, by difference.
//!
//! ```text
//!   guard learns what may be there from now on ─► those who leave say goodbye ─► interfaces ─► addresses
//!     ─► those who stay change, those who are new join ─► what is observed is told ─► scripts
//! ```
//!
//! Whoever has not changed is not told anything: his timers run on, and no packet of his leaves or stays because of it (P8). A start is the
//! reload of nothing. A configuration with an error that the running one does not have is refused as a whole.

mod difference;
pub(super) mod guard_news;

use std::collections::BTreeSet;

use tokio::{sync::oneshot, task::spawn_blocking};
use tracing::{error, info, warn};

use self::difference::differences;
use super::{
    assembly,
    control::{
        Answer,
        errands::{Errand, Errands, Finished, Read, Source},
    },
    controller::{Controller, Staff},
    election::inbox::{Input, Joining},
    plan::{Plan, Remark, RouterPlan},
};
use crate::{
    config::{Config, Diagnostic, Severity},
    guard,
    protocol::{Event, Monotonic, VirtualRouter},
    system::{
        address_worker::Assignment,
        clock,
        mailer::MailSettings,
        netlink::{InterfaceAddress, Link, Macvlan},
    },
};

/// The configuration that runs.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) config: Config,
    /// What was said about it: an operator who started with an error is not kept from reloading by it.
    said: BTreeSet<Said>,
    mail: Option<MailSettings>,
}

impl Running {
    /// What differs besides the routers, one line each.
    fn differences(&self, next: &Self) -> Vec<String> {
        let (old, new) = (&self.config.global, &next.config.global);
        let changed = [
            (self.mail != next.mail, "who is mailed, or how"),
            (old.router_id != new.router_id, "`router_id`"),
            (old.metrics_listen != new.metrics_listen, "`metrics_listen`"),
        ];
        let changed = changed.into_iter().filter(|(has_changed, _)| *has_changed);
        let mut lines: Vec<_> = changed.map(|(_, what)| format!("{what} changes")).collect();
        if old.scheduling != new.scheduling {
            let keywords = "`vrrp_rt_priority`, `vrrp_no_swap` and `vrrp_cpu_affinity`";
            lines.push(format!("{keywords} change at the next start only"));
        }
        let group = |config: &Config| {
            let group = config.global.control_group.as_ref();
            group.map(|group| group.name.clone())
        };
        if group(&self.config) != group(&next.config) {
            lines.push("`control_group` changes at the next start only".into());
        }
        lines
    }

    pub(super) fn of(config: Config, diagnostics: &[Diagnostic]) -> Self {
        Self {
            mail: assembly::mail_settings(&config),
            said: diagnostics.iter().map(said).collect(),
            config,
        }
    }

    /// What stands against running a configuration instead of this one: errors that this one does not have, an instance of this one that
    /// would not start, or one that is gone while something at the top level is not understood. With them come the warnings that are new,
    /// since a misspelled word is only a warning and what it leaves out is the error.
    fn objections(&self, config: &Config, diagnostics: &[Diagnostic]) -> Vec<String> {
        let new = |severity| {
            let of_it = diagnostics.iter();
            let of_it = of_it.filter(move |one| one.severity == severity);
            of_it.filter(|one| !self.said.contains(&said(one)))
        };
        let mut reasons: Vec<_> = new(Severity::Error).map(Diagnostic::concise).collect();
        let is_unclear = new(Severity::Warning).any(|one| one.is_outside);
        for name in self.config.instances.iter().map(|instance| &instance.name) {
            let is_there = config.instances.iter().any(|other| other.name == *name);
            let refused = config.refused.iter().find(|other| other.name == *name);
            match refused {
                _ if is_there => {}
                Some(refused) if reasons.is_empty() => {
                    let reason = &refused.reason;
                    reasons.push(format!("`{name}` runs and would not start: {reason}"));
                }
                Some(_) => {}
                None if is_unclear => reasons.push(format!(
                    "`{name}` runs and is not there any more, and something else is not understood"
                )),
                None => {}
            }
        }
        if !reasons.is_empty() {
            reasons.extend(new(Severity::Warning).map(Diagnostic::concise));
        }
        reasons
    }
}

/// What is said about whom, if about anybody.
type Said = (String, Option<String>);

fn said(diagnostic: &Diagnostic) -> Said {
    (diagnostic.headline.clone(), diagnostic.stops.clone())
}

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The new configuration runs. One line for each change.
    Done(Vec<String>),
    /// The old one runs on. One line for each reason.
    Refused(Vec<String>),
}

/// The last reload, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct LastReload {
    pub(super) at: Monotonic,
    pub(super) outcome: Outcome,
}

/// What a slot still has to let go of.
#[derive(Debug, Clone)]
pub(super) struct Departing {
    /// As the guard is told.
    pub(super) slot: guard::Slot,
    /// Of the last reload that took something from it, whose report ends this.
    pub(super) edition: u64,
}

/// A configuration that could run instead of the one that does.
struct Proposal {
    running: Running,
    plan: Plan,
    diagnostics: Vec<Diagnostic>,
}

fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Done(changes) => {
            for change in changes {
                info!("Reload: {change}");
            }
            info!("Reload complete");
        }
        Outcome::Refused(reasons) => {
            for reason in reasons {
                error!("{reason}");
            }
            error!("Reload refused: the running configuration stays");
        }
    }
}

impl Controller {
    /// Begins what waits, as long as it ends at once.
    pub(super) async fn begin_errands(&mut self, errands: &mut Errands, staff: &mut Staff) {
        while let Some(errand) = errands.next() {
            let mut origin = self.options.origin.clone();
            match &errand {
                Errand::Preview(ask, _) if !ask.is_awaited() => continue,
                Errand::Preview(_, file) => origin.file.clone_from(file),
                Errand::Reload(_) => {
                    self.service_manager.reloading();
                    info!("Reloading ...");
                    info!("Opening file '{}'.", origin.file.display());
                }
            }
            let source = Source {
                origin,
                before: self.plan.clone(),
                taken: self.departing.keys().copied().collect(),
                obstacles: self.network.obstacles_to_local_routes().await,
            };
            if let Some(finished) = errands.begin(errand, source) {
                self.finish_errand(finished, staff).await;
            }
        }
    }

    /// What was read for is done now.
    pub(super) async fn finish_errand(&mut self, finished: Finished, staff: &mut Staff) {
        let proposal = match finished.read {
            Ok(read) => self.propose(read),
            Err(reason) => Err(vec![reason]),
        };
        match finished.errand {
            Errand::Preview(ask, _) => {
                ask.answer(match proposal {
                    Err(reasons) => Answer::Refused(reasons),
                    Ok(proposal) => Answer::Changes(self.changes(&proposal)),
                });
            }
            Errand::Reload(asks) => {
                let outcome = self.reload(proposal, staff).await;
                for ask in asks {
                    ask.answer(outcome.clone().into());
                }
            }
        }
    }

    /// Goes over to what was read, or says why not.
    async fn reload(
        &mut self,
        proposal: Result<Proposal, Vec<String>>,
        staff: &mut Staff,
    ) -> Outcome {
        // What the last reload has caused is heard before this one causes more.
        while let Ok(report) = staff.address_news.try_recv() {
            self.addresses_changed(&report).await;
        }
        let outcome = match proposal {
            Err(reasons) => Outcome::Refused(reasons),
            Ok(proposal) => self.accept(proposal, staff).await,
        };
        log(&outcome);
        self.service_manager.ready();
        self.last_reload = Some(LastReload {
            at: clock::now(),
            outcome: outcome.clone(),
        });
        self.lookout.forget();
        self.insight.forget_answer();
        outcome
    }

    fn changes(&self, proposal: &Proposal) -> Vec<String> {
        let mut changes = differences(&self.plan, &proposal.plan, self.network.why_without());
        changes.extend(self.running.differences(&proposal.running));
        changes
    }

    async fn accept(&mut self, proposal: Proposal, staff: &mut Staff) -> Outcome {
        for diagnostic in &proposal.diagnostics {
            match diagnostic.severity {
                Severity::Error | Severity::Security | Severity::Warning => {
                    warn!("{}", diagnostic.concise());
                }
                Severity::Note => info!("{}", diagnostic.concise()),
            }
        }
        let mut changes = self.changes(&proposal);
        match self.become_(proposal.running, proposal.plan, staff).await {
            Ok(()) => {
                let problem = self.metrics.problem();
                changes.extend(problem.map(|problem| format!("`metrics_listen`: {problem}")));
                Outcome::Done(changes)
            }
            Err(reason) => Outcome::Refused(vec![reason]),
        }
    }

    /// Says whether a configuration could run instead of ours.
    fn propose(&self, read: Read) -> Result<Proposal, Vec<String>> {
        let Read {
            config,
            diagnostics,
            plan,
        } = read;
        let objections = self.running.objections(&config, &diagnostics);
        if !objections.is_empty() {
            return Err(objections);
        }
        if config.instances.is_empty() {
            return Err(vec!["no instance of the new configuration can run".into()]);
        }
        plan.fits().map_err(|failure| vec![failure.to_string()])?;
        Ok(Proposal {
            running: Running::of(config, &diagnostics),
            plan,
            diagnostics,
        })
    }

    /// Goes over to `plan`.
    ///
    /// # Errors
    ///
    /// The guard cannot be told of it, and so would leave behind what it does not know; then everything is as before.
    pub(super) async fn become_(
        &mut self,
        running: Running,
        plan: Plan,
        staff: &Staff,
    ) -> Result<(), String> {
        let before = std::mem::replace(&mut self.plan, plan);
        let departing = self.departing.clone();
        self.edition += 1;
        self.note_departures(&before);
        self.last_words.clone_from(&before.scripts);
        if let Err(failure) = self.inform_guard().await {
            self.plan = before;
            self.departing = departing;
            self.last_words.clear();
            return Err(failure);
        }
        tell_remarks(&before, &self.plan);
        // Before anybody claims them, and for those who leave until they have let go.
        self.filter_packets(self.plan.unaccepted()).await;
        self.unseat(&before).await;
        let links = self.network.reconfigure(&before, &self.plan).await;
        self.forget_counters(&before);
        staff
            .addresses
            .orders()
            .assign(assignments(&before, &self.plan, self.edition));
        self.introduce(&running, staff).await;
        // Whatever the old scripts are run for has been ordered, and the guard hears it before it hears of the next table.
        self.last_words.clear();
        self.running = running;
        self.change_seats(&before);
        self.seat(&before);
        self.observer.reconfigure(
            assembly::dependencies(&self.plan),
            assembly::script_names(&self.plan),
        );
        match links {
            Ok(links) => {
                // Of those that were there before, every change is told anyway.
                let is_new = |link: &&Link| before.port_of(&link.name).is_none();
                for link in links.iter().filter(is_new) {
                    self.observer.interface(&link.name, link.up);
                }
                self.is_surveyed &= self.network.hears_everywhere();
            }
            Err(failure) => {
                warn!("Netlink: the interfaces cannot be listed yet: {failure}");
                self.is_surveyed = false;
            }
        }
        self.drop_macvlans().await;
        self.make_macvlans().await;
        self.settle().await;
        self.filter_arp().await;
        self.tell_news();
        // From where each of them says goodbye is known now; before the first of them has something to say goodbye to.
        if let Err(failure) = self.inform_guard().await {
            warn!("{failure}");
        }
        let groups = self.plan.groups.iter().map(|plan| plan.group.clone());
        self.outbox.send(Input::Group(groups.collect()));
        if !self.is_start_delayed() {
            self.start(&before);
        }
        let address = self.running.config.global.metrics_listen;
        self.metrics.listen(address).await;
        let observer = &self.observer;
        self.tracking
            .reconfigure(&self.plan.tracked, |script| observer.status_of(script));
        Ok(())
    }

    /// What `before` has and the plan has not belongs to the guard until it is gone.
    fn note_departures(&mut self, before: &Plan) {
        for (slot, router) in &before.routers {
            let source = self.network.source_of(*slot);
            let mut leaving = assembly::guard_slot(router, &self.network, source);
            if let Some(after) = self.plan.routers.get(slot) {
                leaving
                    .addresses
                    .retain(|address| !after.addresses.contains(address));
                leaving
                    .macvlans
                    .retain(|name| after.macvlan(name).is_none());
                if leaving.addresses.is_empty() {
                    continue;
                }
            }
            // A second reload may come before the addresses of the first are gone.
            let edition = self.edition;
            match self.departing.get_mut(slot) {
                Some(departing) => {
                    departing.slot.addresses.append(&mut leaving.addresses);
                    departing.slot.macvlans.append(&mut leaving.macvlans);
                    departing.edition = edition;
                }
                None => {
                    let slot = *slot;
                    let leaving = Departing {
                        slot: leaving,
                        edition,
                    };
                    self.departing.insert(slot, leaving);
                }
            }
        }
    }

    /// The number of an interface that is no longer ours may be given to another one, which is not to inherit what was counted.
    fn forget_counters(&mut self, before: &Plan) {
        let Some(statistics) = &mut self.insight.statistics else {
            return;
        };
        let ports = before.interfaces.keys();
        for port in ports.filter(|port| !self.plan.interfaces.contains_key(port)) {
            if let Err(failure) = statistics.reset(*port) {
                warn!("what was counted on an interface that is gone stays: {failure}");
            }
        }
    }

    /// The guard knows what may be claimed before anybody claims it.
    async fn inform_guard(&mut self) -> Result<(), String> {
        let Some(telling) = self.news_for_guard() else {
            return Ok(());
        };
        match spawn_blocking(telling).await {
            Ok(Err(failure)) => Err(format!(
                "the guard was not told the new configuration: {failure}"
            )),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// Those who leave say goodbye, and have said it when this returns.
    async fn unseat(&self, before: &Plan) {
        for slot in before.routers.keys() {
            if self.plan.routers.contains_key(slot) {
                continue;
            }
            let (done, said) = oneshot::channel();
            let slot = *slot;
            self.outbox.send(Input::Unseat { slot, done });
            said.await.ok();
        }
    }

    /// Tells the reporter whom to tell what, and waits until everything before was told to those before.
    async fn introduce(&self, running: &Running, staff: &Staff) {
        let (done, heard) = oneshot::channel();
        let mut roster = assembly::roster(&running.config, &self.plan);
        roster.done = Some(done);
        self.capture.learn(roster.interfaces.clone());
        if running.mail != self.running.mail {
            roster.mailer = Some(assembly::mailer(running.mail.as_ref()));
        }
        if staff.rosters.send(roster).await.is_ok() {
            heard.await.ok();
        }
    }

    /// Tells those who stay what has changed for them; nothing to those for whom nothing has.
    fn change_seats(&mut self, before: &Plan) {
        let changed: Vec<_> = self
            .plan
            .routers
            .iter()
            .filter(|(slot, after)| {
                before
                    .routers
                    .get(slot)
                    .is_some_and(|old| concerns_election(old, after))
            })
            .map(|(slot, _)| *slot)
            .collect();
        for slot in changed {
            let terms = self.network.renew_router(&self.plan, slot);
            if let Some(router) = self.plan.routers.get(&slot) {
                self.outbox.send(Input::Change {
                    slot,
                    settings: Box::new(router.settings.clone()),
                    template: Box::new(router.template.clone()),
                    terms: terms.map(Box::new),
                });
            }
        }
    }

    fn seat(&self, before: &Plan) {
        for (slot, router) in self.newcomers(before) {
            self.outbox.send(Input::Seat(Box::new(Joining {
                slot: *slot,
                router: VirtualRouter::new(router.settings.clone()),
                template: router.template.clone(),
                port: router.port,
            })));
        }
    }

    /// Those who are new know what is wrong with them by now.
    pub(super) fn start(&self, before: &Plan) {
        for (slot, _) in self.newcomers(before) {
            self.outbox.send(Input::Event {
                slot: *slot,
                event: Event::Startup,
            });
        }
    }

    fn newcomers<'a>(
        &'a self,
        before: &'a Plan,
    ) -> impl Iterator<Item = (&'a usize, &'a RouterPlan)> {
        let routers = self.plan.routers.iter();
        routers.filter(|(slot, _)| !before.routers.contains_key(slot))
    }
}

/// Says how addresses are put in place, where that has changed.
fn tell_remarks(before: &Plan, after: &Plan) {
    for remark in &after.remarks {
        if before.remarks.contains(remark) {
            continue;
        }
        match remark {
            Remark::Routes(text) => info!("{text}"),
            Remark::Lame(text) | Remark::Kept(text) => warn!("{text}"),
        }
    }
}

/// Whether the election has to know that `old` became `new`.
fn concerns_election(old: &RouterPlan, new: &RouterPlan) -> bool {
    old.settings != new.settings
        || old.template != new.template
        || old.reach != new.reach
        || old.speaks_as != new.speaks_as
        || old.drops_valid_adverts != new.drops_valid_adverts
}

/// What the address worker has to know: nothing about slots whose addresses are the same.
fn assignments(before: &Plan, after: &Plan, edition: u64) -> Vec<Assignment> {
    let held = |plan: &Plan, slot: &usize| -> Option<(Vec<InterfaceAddress>, Vec<Macvlan>)> {
        let router = plan.routers.get(slot);
        router.map(|router| (router.addresses.clone(), router.macvlans.clone()))
    };
    let names = |macvlans: Vec<Macvlan>| macvlans.into_iter().map(|macvlan| macvlan.name).collect();
    let slots: BTreeSet<_> = before.routers.keys().chain(after.routers.keys()).collect();
    slots
        .into_iter()
        .filter(|slot| held(before, slot) != held(after, slot))
        .map(|slot| {
            let (addresses, macvlans) = held(after, slot).unzip();
            Assignment {
                slot: *slot,
                addresses,
                macvlans: macvlans.map_or_else(Vec::new, names),
                rounds: after
                    .routers
                    .get(slot)
                    .map_or(0, |router| router.settings.announcements.rounds),
                edition,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LoadOptions, MapSource, load};

    const BOTH: &str = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n\
                        vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 10.0.0.2\n }\n}\n";

    fn read(text: &str) -> (Config, Vec<Diagnostic>) {
        load(
            &MapSource::single("a.conf", text),
            "a.conf",
            &LoadOptions::default(),
        )
    }

    fn objections(running: &str, next: &str) -> Vec<String> {
        let (config, diagnostics) = read(running);
        let running = Running::of(config, &diagnostics);
        let (config, diagnostics) = read(next);
        running.objections(&config, &diagnostics)
    }

    #[test]
    fn no_cut_takes_an_instance_out_of_what_runs_unless_it_is_between_two() {
        let (whole, _) = read(BOTH);
        assert_eq!(whole.instances.len(), 2);
        let between = BOTH.find("vrrp_instance B").unwrap();
        for cut in 1..BOTH.len() {
            let text = BOTH.get(..cut).unwrap();
            let (config, _) = read(text);
            let loses = config.instances.len() < 2;
            let is_clean = cut == between || cut == between - 1;
            if loses && !is_clean {
                assert_ne!(objections(BOTH, text), [""; 0], "{text}");
            }
        }
    }

    #[test]
    fn a_misspelled_instance_is_an_objection_that_names_the_word() {
        let next = BOTH.replace("vrrp_instance B", "vrrp_instanse B");
        let said = objections(BOTH, &next).join("\n");
        assert!(
            said.contains("`B` runs") && said.contains("vrrp_instanse"),
            "{said}"
        );
    }

    #[test]
    fn an_instance_that_is_taken_out_is_no_objection() {
        let (first, _) = BOTH.split_once("vrrp_instance B").unwrap();
        assert_eq!(objections(BOTH, first), [""; 0]);
    }

    #[test]
    fn an_error_that_another_instance_had_before_is_an_objection() {
        let ipvlan = |text: &str, vrid: &str| {
            let with = format!("virtual_router_id {vrid}\n use_ipvlan");
            text.replace(&format!("virtual_router_id {vrid}"), &with)
        };
        let running = ipvlan(BOTH, "2");
        assert_eq!(
            objections(&running, &running),
            [""; 0],
            "it was so at the start"
        );
        let said = objections(&running, &ipvlan(&running, "1"));
        assert!(!said.is_empty());
    }
}
