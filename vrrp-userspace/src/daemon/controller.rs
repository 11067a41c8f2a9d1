//! The tokio side while the daemon runs: observations come in here and go on to the election.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{sync::mpsc, task, time::sleep};
use tracing::{debug, error, info, warn};

use super::{
    Beginning, Options, address_news,
    alert_sources::{self, AlertSources},
    assembly,
    background::tell_parent,
    election::{self, Election, RouterTable},
    executor::{Executor, TELLINGS, Telling, Voice},
    inbox::{self, Input, Outbox},
    inspector::Inspector,
    network::{Network, Outlets, ProgramNews},
    observer::Observer,
    plan::Plan,
    recorder,
    signals::{Order, Signals},
    watchdog,
};
use crate::{
    config::Config,
    guard::{GuardLink, GuardSender},
    protocol::Event,
    system::{
        address_worker::{AddressReport, AddressWorker},
        clock,
        netlink::{InterfaceAddress, Netlink, NetworkChange},
        runner::{Runner, ScriptChanged},
        service_manager::ServiceManager,
    },
    tracking::{Change, ScriptStatus},
};

/// Reports of the address worker that may wait to be logged.
const ADDRESS_REPORTS: usize = 1024;

/// How long to wait before something that could not be found out is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long the addresses may take to go at the end.
const RELEASE_DEADLINE: Duration = Duration::from_secs(10);

/// Knows what was observed, and tells the election what it means.
pub(super) struct Controller {
    plan: Plan,
    network: Network,
    observer: Observer,
    outbox: Outbox,
    runner: Runner,
    service_manager: ServiceManager,
    pid_file: PathBuf,
    /// Whether the addresses we speak from are known as of the last change.
    is_settled: bool,
}

/// The others who work while the daemon runs, and what they say to the controller.
struct Staff {
    election: JoinHandle<()>,
    addresses: AddressWorker,
    /// Whether some address could not be removed when it should have been.
    has_leftovers: Arc<AtomicBool>,
    guard: GuardSender,
    reporter: task::JoinHandle<()>,
    guard_reports: task::JoinHandle<()>,
    network_changes: mpsc::Receiver<NetworkChange>,
    address_news: mpsc::Receiver<AddressReport>,
    script_changes: mpsc::Receiver<ScriptChanged>,
    program_news: mpsc::Receiver<ProgramNews>,
}

impl Controller {
    /// Runs until a signal ends it.
    ///
    /// # Errors
    ///
    /// When it could not start.
    pub(super) async fn run(
        config: &Config,
        options: &Options,
        beginning: Beginning,
    ) -> Result<ExitCode> {
        let Beginning {
            guard,
            pid_file,
            presence,
            privileges: _,
        } = beginning;
        let mut signals = Signals::new()?;
        let (mut controller, mut staff) =
            Self::assemble(config, options, guard, presence.is_the_only_one()).await?;
        controller.start();
        tell_parent();
        controller.service_manager.ready();
        info!("Startup complete");
        controller.serve(&mut staff, &mut signals).await;
        controller.service_manager.stopping();
        info!("Stopping");
        controller.stop(staff).await;
        drop((pid_file, presence));
        info!("Stopped");
        Ok(ExitCode::SUCCESS)
    }

    async fn assemble(
        config: &Config,
        options: &Options,
        guard_link: GuardLink,
        is_the_only_one: bool,
    ) -> Result<(Self, Staff)> {
        let plan = Plan::new(config, &assembly::accounts(config));
        plan.fits()?;
        let netlink = Netlink::connect().context("netlink is out of reach")?;
        let network_changes = netlink
            .monitor()
            .await
            .context("netlink cannot be watched")?;
        let guard = guard_link.sender();
        let has_leftovers = Arc::new(AtomicBool::new(false));
        let (addresses, address_news) =
            start_address_worker(&plan, &guard, is_the_only_one, &has_leftovers)?;

        let maps = assembly::load(&plan, options.rings);
        let (outbox, inbox) = inbox::channel()?;
        let (tellings, told) = mpsc::channel::<Telling>(TELLINGS);
        let voices = plan
            .routers
            .iter()
            .map(|router| Voice::new(router.template.clone()));
        let executor = Executor::new(
            voices.collect(),
            addresses.orders(),
            guard.clone(),
            tellings,
        );
        let (program_sender, program_news) = mpsc::channel(vrrp_ebpf::abi::MAX_PORTS);
        let inspector = Inspector::start(outbox.clone(), program_sender.clone())
            .context("the inspector thread cannot be started")?;
        let election = election::spawn(Election {
            seats: assembly::seats(&plan),
            routers: RouterTable::new(),
            ports: Vec::new(),
            doorbell: maps.doorbell,
            executor,
            inbox,
            inspector: inspector.clone(),
        })
        .context("the election thread cannot be started")?;

        let (ears, heard) = mpsc::channel(alert_sources::EARS);
        let outlets = Outlets {
            election: outbox.clone(),
            inspector,
            alerts: ears,
            news: program_sender,
        };
        let mut network = Network::new(netlink, maps.program, outlets, &plan);
        network.publish_addresses(&plan);
        let mut observer = assembly::observer(&plan);
        for link in network.look_around(&plan).await {
            observer.interface(&link.name, link.up);
        }
        let (sources, is_settled) = match network.find_sources(&plan).await {
            Ok(sources) => (sources, true),
            Err(failure) => {
                warn!("Netlink: the addresses cannot be listed yet: {failure}");
                (vec![None; plan.routers.len()], false)
            }
        };
        let table = assembly::guard_table(&plan, &network, &sources, &options.pid_file);
        let (runner, reports) = Runner::new(guard_link, table)?;
        let service_manager = ServiceManager::find()
            .context("the thread for the service manager cannot be started")?;
        let reporter = assembly::reporter(config, &plan, runner.clone(), service_manager.clone());
        let staff = Staff {
            election,
            addresses,
            has_leftovers,
            guard,
            reporter: tokio::spawn(reporter.run(told, AlertSources::new(maps.alerts, heard))),
            guard_reports: tokio::spawn(assembly::serve_runner(reports)),
            network_changes,
            address_news,
            script_changes: assembly::start_scripts(&plan, &runner),
            program_news,
        };
        drop(tokio::spawn(watchdog::watch(
            outbox.pulse(),
            service_manager.clone(),
        )));
        let pid_file = options.pid_file.clone();
        let mut controller = Self {
            plan,
            network,
            observer,
            outbox,
            runner,
            service_manager,
            pid_file,
            is_settled,
        };
        controller.observed_sources(&sources);
        Ok((controller, staff))
    }

    async fn serve(&mut self, staff: &mut Staff, signals: &mut Signals) {
        loop {
            let chore_in = self
                .network
                .next_chore()
                .map(|chore| chore.since(clock::now()));
            tokio::select! {
                Some(change) = staff.network_changes.recv() => {
                    self.network_changed(change, &mut staff.network_changes).await;
                }
                () = sleep(AGAIN), if !self.is_settled => self.settle().await,
                Some(news) = staff.program_news.recv() => self.network.program_news(news).await,
                () = sleep(chore_in.unwrap_or_default()), if chore_in.is_some() => {
                    self.do_chores().await;
                }
                Some(change) = staff.script_changes.recv() => self.script_changed(&change),
                Some(report) = staff.address_news.recv() => address_news::log(&self.plan, &report),
                order = signals.next_order() => match order {
                    Order::Stop => return,
                    Order::Reload => {
                        warn!("reload is not supported yet: the running configuration stays");
                    }
                    Order::Record => self.record().await,
                    Order::Unknown(signal) => {
                        warn!("signal {signal} is not supported yet; nothing was done");
                    }
                },
            }
        }
    }

    async fn do_chores(&mut self) {
        for name in self.network.do_chores(&self.plan).await {
            self.link(&name, false);
        }
        self.tell_news();
    }

    /// Tells every router what is wrong with it, and then to start.
    fn start(&mut self) {
        self.tell_news();
        for slot in 0..self.plan.routers.len() {
            self.outbox.send(Input::Event {
                slot,
                event: Event::Startup,
            });
        }
    }

    fn tell_news(&mut self) {
        for (slot, event) in self.observer.news() {
            self.outbox.send(Input::Event { slot, event });
        }
    }

    /// Takes `first` and every other change that waits. What is down is told at once; addresses are looked up once for all of them.
    async fn network_changed(
        &mut self,
        first: NetworkChange,
        waiting: &mut mpsc::Receiver<NetworkChange>,
    ) {
        let mut removed = Removed::default();
        let mut next = Some(first);
        while let Some(change) = next {
            self.take(change, &mut removed).await;
            next = waiting.try_recv().ok();
        }
        self.tell_news();
        for (slot, (address, others)) in removed.0 {
            self.outbox.send(Input::Event {
                slot,
                event: Event::AddressesRemoved { address, others },
            });
        }
        if !self.is_settled {
            self.settle().await;
        }
    }

    async fn take(&mut self, change: NetworkChange, removed: &mut Removed) {
        match change {
            NetworkChange::Link(link) => {
                if self.plan.port_of(&link.name).is_some() {
                    if self.network.carrier_changed(&link) {
                        self.link(&link.name, link.up);
                    }
                    self.network.link_is_there(&self.plan, &link).await;
                    self.is_settled = false;
                }
                self.network.look_for_tags().await;
            }
            NetworkChange::LinkGone { name, .. } => {
                if self.plan.port_of(&name).is_some() {
                    self.network.link_is_gone(&name);
                    self.link(&name, false);
                    self.is_settled = false;
                }
                self.network.look_for_tags().await;
            }
            // Our own come and go by the thousand and change nothing about where we speak from.
            NetworkChange::AddressAdded(observed) => self.is_settled &= observed.is_ours,
            NetworkChange::AddressRemoved(observed) => {
                self.is_settled &= observed.is_ours;
                removed.note(&self.plan, &observed.address);
            }
            NetworkChange::Overrun => self.look_afresh().await,
        }
    }

    async fn look_afresh(&mut self) {
        let mut there = self.network.look_around(&self.plan).await;
        for link in &mut there {
            link.up |= !self.network.carrier_changed(link);
        }
        let names: Vec<String> = self
            .plan
            .interfaces
            .iter()
            .map(|known| known.name.clone())
            .collect();
        for name in names {
            let is_up = there.iter().any(|link| link.name == name && link.up);
            self.link(&name, is_up);
        }
        self.network.look_for_tags().await;
        self.is_settled = false;
    }

    /// Finds out where each router speaks from, or leaves everything as it is and comes back.
    async fn settle(&mut self) {
        match self.network.find_sources(&self.plan).await {
            Ok(sources) => {
                self.is_settled = true;
                if self.observed_sources(&sources) {
                    self.renew_guard_table(&sources);
                }
                self.tell_news();
            }
            Err(failure) => debug!("Netlink: the addresses cannot be listed: {failure}"),
        }
    }

    /// The guard says goodbye from the addresses we speak from, so it learns of new ones.
    fn renew_guard_table(&self, sources: &[Option<Ipv4Addr>]) {
        let table = assembly::guard_table(&self.plan, &self.network, sources, &self.pid_file);
        let runner = self.runner.clone();
        drop(task::spawn_blocking(move || {
            if let Err(failure) = runner.install(table) {
                warn!("the guard was not told the new addresses: {failure}");
            }
        }));
    }

    fn link(&mut self, name: &str, is_up: bool) {
        if self.observer.interface(name, is_up) {
            info!(
                "Netlink reports {name} {}",
                if is_up { "up" } else { "down" }
            );
        }
    }

    /// `true` if some router speaks from another address than before.
    fn observed_sources(&mut self, sources: &[Option<Ipv4Addr>]) -> bool {
        let mut is_news = false;
        for (slot, source) in sources.iter().enumerate() {
            is_news |= self.observer.source(slot, *source);
        }
        is_news
    }

    fn script_changed(&mut self, changed: &ScriptChanged) {
        let status = match changed.change {
            Change::Up => ScriptStatus::Up,
            Change::Down => ScriptStatus::Down,
        };
        self.observer.script(changed.script, status);
        self.tell_news();
    }

    /// Writes what went through the doors, for `xvrrpd replay`.
    async fn record(&self) {
        let path = self.pid_file.with_extension("recording.json");
        match recorder::write(&self.outbox, &path).await {
            Ok(()) => info!("recording written to {}", path.display()),
            Err(failure) => error!("no recording: {failure:#}"),
        }
    }

    /// Says goodbye on every router, gives every address up, waits for both, and sends the guard home.
    ///
    /// Nobody waits for a script: it may itself be waiting for us to stop.
    async fn stop(self, staff: Staff) {
        self.network.log_raw_counters();
        self.outbox.send(Input::Stop);
        let Staff {
            election,
            addresses,
            has_leftovers,
            guard,
            reporter,
            guard_reports,
            ..
        } = staff;
        let is_released = task::spawn_blocking(move || {
            let has_ended = election.join().is_ok();
            addresses.shutdown(RELEASE_DEADLINE) && has_ended
        });
        let is_released =
            is_released.await.unwrap_or(false) && !has_leftovers.load(Ordering::Acquire);
        if reporter.await.is_err() {
            error!("the reporter ended before its time");
        }
        if is_released {
            // From here on there is nothing to clean up, and the notify scripts of the stop have been handed over.
            guard.farewell().ok();
        } else {
            error!("not everything could be given up; the guard cleans up");
        }
        guard_reports.abort();
    }
}

/// Addresses of ours that are gone, by router: one of them, and how many more.
#[derive(Debug, Default)]
struct Removed(BTreeMap<usize, (IpAddr, usize)>);

impl Removed {
    fn note(&mut self, plan: &Plan, gone: &InterfaceAddress) {
        for (slot, router) in plan.routers.iter().enumerate() {
            if router
                .addresses
                .iter()
                .any(|address| address.is_same_as(gone))
            {
                self.0
                    .entry(slot)
                    .and_modify(|(_, others)| *others += 1)
                    .or_insert((gone.address, 0));
            }
        }
    }
}

fn start_address_worker(
    plan: &Plan,
    guard: &GuardSender,
    is_the_only_one: bool,
    has_leftovers: &Arc<AtomicBool>,
) -> Result<(AddressWorker, mpsc::Receiver<AddressReport>)> {
    let (sender, receiver) = mpsc::channel(ADDRESS_REPORTS);
    let addresses = plan
        .routers
        .iter()
        .map(|router| router.addresses.clone())
        .collect();
    let guard = guard.clone();
    let has_leftovers = Arc::clone(has_leftovers);
    let worker = AddressWorker::start(addresses, is_the_only_one, move |report| {
        if let AddressReport::Released { failures, .. } = &report {
            has_leftovers.store(!failures.is_empty(), Ordering::Release);
        }
        address_news::tell_guard(&report, &guard);
        // Full only if nobody logs any more; the effect is done, and only its line is lost.
        sender.try_send(report).ok();
    })
    .context("the address worker cannot be started")?;
    Ok((worker, receiver))
}
