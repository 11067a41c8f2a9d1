//! From one configuration to the next, by difference.
//!
//! ```text
//!   guard learns what may be there from now on ─► those who leave say goodbye ─► interfaces ─► addresses
//!     ─► those who stay change, those who are new join ─► what is observed is told ─► scripts
//! ```
//!
//! Whoever has not changed is not told anything: his timers run on, and no packet of his leaves or stays because of it (P8). A start is the
//! reload of nothing. A configuration with an error that the running one does not have is refused as a whole.

use std::{collections::BTreeSet, path::PathBuf};

use tokio::{sync::oneshot, task::spawn_blocking};
use tracing::{error, info, warn};

use super::{
    Origin, assembly,
    controller::{Controller, Staff},
    difference::differences,
    inbox::{Input, Joining},
    plan::{Plan, RouterPlan},
};
use crate::{
    config::{Config, Diagnostic, Severity},
    protocol::{Event, Monotonic, VirtualRouter},
    system::{
        address_worker::Assignment,
        clock,
        mailer::MailSettings,
        netlink::{InterfaceAddress, Link},
    },
};

/// The configuration that runs.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) config: Config,
    /// The headlines of what was said about it: an operator who started with an error is not kept from reloading by it.
    said: BTreeSet<String>,
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
            said: diagnostics.iter().map(|one| one.headline.clone()).collect(),
            config,
        }
    }

    /// What stands against running a configuration instead of this one: errors that this one does not have, and with them the warnings
    /// that are new, since a misspelled word is only a warning and what it leaves out is the error.
    fn objections(&self, diagnostics: &[Diagnostic]) -> Vec<String> {
        let new = |severity| {
            let of_it = diagnostics
                .iter()
                .filter(move |one| one.severity == severity);
            of_it.filter(|one| !self.said.contains(&one.headline))
        };
        if new(Severity::Error).next().is_none() {
            return Vec::new();
        }
        let reasons = new(Severity::Error).chain(new(Severity::Warning));
        reasons.map(Diagnostic::concise).collect()
    }
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

/// A configuration that could run instead of the one that does.
struct Proposal {
    running: Running,
    plan: Plan,
    diagnostics: Vec<Diagnostic>,
}

impl Controller {
    /// Reads the configuration again and goes over to it, or says why not.
    pub(super) async fn reload(&mut self, staff: &mut Staff) -> Outcome {
        // What the last reload has caused is heard before this one causes more.
        while let Ok(report) = staff.address_news.try_recv() {
            self.addresses_changed(&report);
        }
        self.service_manager.reloading();
        info!("Reloading ...");
        info!("Opening file '{}'.", self.options.origin.file.display());
        let outcome = match self.propose(self.options.origin.clone()).await {
            Err(reasons) => Outcome::Refused(reasons),
            Ok(proposal) => self.accept(proposal, staff).await,
        };
        match &outcome {
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
        self.service_manager.ready();
        self.last_reload = Some(LastReload {
            at: clock::now(),
            outcome: outcome.clone(),
        });
        self.lookout.forget();
        self.insight.forget_answer();
        outcome
    }

    /// What a reload of `file`, instead of the one that runs, would come to. Changes nothing.
    pub(super) async fn preview(&self, file: PathBuf) -> Outcome {
        let options = self.options.origin.options.clone();
        match self.propose(Origin { file, options }).await {
            Err(reasons) => Outcome::Refused(reasons),
            Ok(proposal) => Outcome::Done(self.changes(&proposal)),
        }
    }

    fn changes(&self, proposal: &Proposal) -> Vec<String> {
        let mut changes = differences(&self.plan, &proposal.plan);
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
        let changes = self.changes(&proposal);
        self.become_(proposal.running, proposal.plan, staff).await;
        Outcome::Done(changes)
    }

    /// Reads a configuration and says whether it could run instead of ours.
    async fn propose(&self, origin: Origin) -> Result<Proposal, Vec<String>> {
        let (before, taken) = (self.plan.clone(), self.departing.keys().copied().collect());
        // Files and accounts may be far away.
        let read = spawn_blocking(move || {
            let (config, diagnostics) = origin.load();
            let plan = before.next(&config, &assembly::accounts(&config), &taken);
            (config, diagnostics, plan)
        });
        let Ok((config, diagnostics, plan)) = read.await else {
            return Err(vec!["the configuration could not be read".into()]);
        };
        let objections = self.running.objections(&diagnostics);
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
    pub(super) async fn become_(&mut self, running: Running, plan: Plan, staff: &Staff) {
        let before = std::mem::replace(&mut self.plan, plan);
        self.note_departures(&before);
        self.inform_guard().await;
        self.unseat(&before).await;
        let links = self.network.reconfigure(&before, &self.plan).await;
        self.forget_counters(&before);
        staff
            .addresses
            .orders()
            .assign(assignments(&before, &self.plan));
        self.introduce(&running, staff).await;
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
            }
            Err(failure) => {
                warn!("Netlink: the interfaces cannot be listed yet: {failure}");
                self.is_surveyed = false;
            }
        }
        self.settle().await;
        self.tell_news();
        // From where each of them says goodbye is known now; before the first of them has something to say goodbye to.
        self.inform_guard().await;
        self.start(&before);
        self.tracking.reconfigure(&self.plan.tracked);
        let address = self.running.config.global.metrics_listen;
        self.metrics.listen(address).await;
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
                if leaving.addresses.is_empty() {
                    continue;
                }
            }
            // A second reload may come before the addresses of the first are gone.
            match self.departing.get_mut(slot) {
                Some(departing) => departing.addresses.append(&mut leaving.addresses),
                None => drop(self.departing.insert(*slot, leaving)),
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
    async fn inform_guard(&mut self) {
        let Some(telling) = self.guard_news() else {
            return;
        };
        if let Ok(Err(failure)) = spawn_blocking(telling).await {
            warn!("the guard was not told the new configuration: {failure}");
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
            let entry = self.network.renew_router(&self.plan, slot);
            if let Some(router) = self.plan.routers.get(&slot) {
                self.outbox.send(Input::Change {
                    slot,
                    settings: Box::new(router.settings.clone()),
                    template: Box::new(router.template.clone()),
                    entry,
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
    fn start(&self, before: &Plan) {
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

/// Whether the election has to know that `old` became `new`.
fn concerns_election(old: &RouterPlan, new: &RouterPlan) -> bool {
    old.settings != new.settings
        || old.template != new.template
        || old.drops_valid_adverts != new.drops_valid_adverts
}

/// What the address worker has to know: nothing about slots whose addresses are the same.
fn assignments(before: &Plan, after: &Plan) -> Vec<Assignment> {
    let held = |plan: &Plan, slot: &usize| -> Option<Vec<InterfaceAddress>> {
        plan.routers
            .get(slot)
            .map(|router| router.addresses.clone())
    };
    let slots: BTreeSet<_> = before.routers.keys().chain(after.routers.keys()).collect();
    slots
        .into_iter()
        .filter(|slot| held(before, slot) != held(after, slot))
        .map(|slot| Assignment {
            slot: *slot,
            addresses: held(after, slot),
            rounds: after
                .routers
                .get(slot)
                .map_or(0, |router| router.settings.announcements.rounds),
        })
        .collect()
}
