//! The tokio side while the daemon runs: observations come in here and go on to the election.

pub(super) mod address_news;
pub(super) mod tracking_tasks;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Error, Result};
use tokio::{
    sync::mpsc,
    task,
    time::{sleep, timeout},
};
use tracing::{debug, error, info, warn};
use vrrp_ebpf::abi::MAX_ROUTERS;

use self::tracking_tasks::TrackingTasks;
use super::{
    Beginning, Options, assembly,
    control::{
        self, Ask, Reception,
        capture::Exchange,
        errands::{Errand, Errands},
        insight::Insight,
        last_words,
        metrics::Metrics,
    },
    election::{
        self, Election, RouterTable,
        backlog::Backlog,
        executor::{Executor, TELLINGS, Telling},
        inbox::{self, Input, Outbox},
        memory::Memory,
        punctuality::Punctuality,
        recorder,
        snapshot::Lookout,
    },
    network::{Network, Outlets, ProgramNews, Sources, inspector::Inspector, tap::Tap},
    observer::Observer,
    plan::Plan,
    process::{
        background::tell_parent,
        signals::{Order, Signals},
        watchdog,
    },
    reload::{Departing, LastReload, Running, guard_news::GuardNews},
    reporter::{
        Reporter, Roster,
        alert_sources::{self, AlertSources},
    },
};
use crate::{
    config::{Config, Diagnostic, Scheduling, XdpMode},
    guard::{GuardLink, GuardSender, LinkError, Script, ScriptIndex, Table},
    protocol::{Event, Monotonic},
    system::{
        address_worker::{AddressOrders, AddressReport, AddressWorker},
        clock,
        control_socket::{ControlSocket, ControlSocketError},
        datapath::Blocks,
        netlink::{Form, InterfaceAddress, Link, Netlink, NetworkChange, Requester},
        packet_filter::{self, ArpFilter, FilterError, PacketFilter},
        runner::{Runner, ScriptChanged},
        service_manager::ServiceManager,
    },
    tracking::{Change, ScriptStatus},
};

/// Reports of the address worker that may wait. Some have an effect here, so there is room for all that one reload can cause: four for each
/// router. What comes on top of that is lines of the log.
const ADDRESS_REPORTS: usize = 5 * MAX_ROUTERS;

/// How long to wait before something that could not be found out is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long `nft` may take: for twenty thousand addresses it needs half a second.
const FILTER_DEADLINE: Duration = Duration::from_secs(10);

/// How long the addresses may take to go at the end.
const RELEASE_DEADLINE: Duration = Duration::from_secs(10);

/// Knows what was observed, and tells the election what it means.
pub(super) struct Controller {
    pub(super) options: Options,
    /// The configuration that runs, and what was said about it.
    pub(super) running: Running,
    /// What came of the last reload.
    pub(super) last_reload: Option<LastReload>,
    pub(super) plan: Plan,
    pub(super) network: Network,
    pub(super) observer: Observer,
    pub(super) outbox: Outbox,
    pub(super) lookout: Lookout,
    pub(super) insight: Insight,
    /// What the program has written about the routers.
    pub(super) blocks: Option<Blocks>,
    pub(super) runner: Runner,
    pub(super) service_manager: ServiceManager,
    /// Who wants to see frames is put through here.
    pub(super) capture: Exchange,
    pub(super) tracking: TrackingTasks,
    /// Under what the kernel knows the address worker.
    address_worker: Requester,
    /// What reloads have taken away and the address worker has not removed yet, by slot.
    pub(super) departing: BTreeMap<usize, Departing>,
    /// The scripts of the plan before, while a reload is under way: those who leave have them run.
    pub(super) last_words: BTreeMap<ScriptIndex, Script>,
    /// How often the plan has changed.
    pub(super) edition: u64,
    /// What the guard was told last, and how many tables it was told until then.
    guard_news: GuardNews,
    /// Whether the addresses we speak from are known as of the last change.
    pub(super) is_settled: bool,
    /// Whether the interfaces were seen after the last reason to look.
    pub(super) is_surveyed: bool,
    pub(super) metrics: Metrics,
    filter: Arc<Mutex<PacketFilter>>,
    arp_filter: Arc<Mutex<ArpFilter>>,
    /// What was said of it last.
    arp_complaint: Option<String>,
    /// Has what was taken from a router behind our back put back.
    addresses: AddressOrders,
    /// `vrrp_startup_delay`: nobody takes part before.
    starts_at: Option<Monotonic>,
}

/// The others who work while the daemon runs, and what they say to the controller.
pub(super) struct Staff {
    election: JoinHandle<()>,
    pub(super) addresses: AddressWorker,
    /// Whether some address could not be removed when it should have been.
    has_leftovers: Arc<AtomicBool>,
    guard: GuardSender,
    reporter: task::JoinHandle<()>,
    pub(super) rosters: mpsc::Sender<Roster>,
    guard_reports: task::JoinHandle<()>,
    network_changes: mpsc::Receiver<NetworkChange>,
    pub(super) address_news: mpsc::Receiver<AddressReport>,
    script_changes: mpsc::Receiver<ScriptChanged>,
    program_news: mpsc::Receiver<ProgramNews>,
    reception: Option<Reception>,
    asks: mpsc::Receiver<Ask>,
}

impl Controller {
    /// Runs until a signal ends it.
    ///
    /// # Errors
    ///
    /// When it could not start.
    pub(super) async fn run(
        config: Config,
        diagnostics: &[Diagnostic],
        options: &Options,
        beginning: Beginning,
    ) -> Result<ExitCode> {
        let Beginning {
            guard,
            pid_file,
            presence,
            privileges: _,
            control,
        } = beginning;
        let mut signals = Signals::new()?;
        let netlink = Netlink::connect().context("netlink is out of reach")?;
        let obstacles = netlink.obstacles_to_local_routes().await;
        let plan = Plan::default().next(
            &config,
            &assembly::accounts(&config),
            &BTreeSet::new(),
            &obstacles,
        );
        plan.fits()?;
        let (mut controller, mut staff) = Self::assemble(
            control,
            &plan,
            options,
            guard,
            netlink,
            presence.is_the_only_one(),
            config.global.scheduling.clone(),
        )
        .await?;
        let beside = options.pid_file.clone();
        let leftover = task::spawn_blocking(move || packet_filter::remove_leftover(&beside));
        if let Ok(Err(failure)) = leftover.await {
            warn!("packets that an earlier run kept out still are: {failure}");
        }
        controller.delay_start(&config);
        // A start is a reload of nothing.
        controller
            .become_(Running::of(config, diagnostics), plan, &staff)
            .await
            .map_err(Error::msg)?;
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

    /// Everybody who will be needed for `plan`, with nothing to do yet.
    async fn assemble(
        socket: std::result::Result<ControlSocket, ControlSocketError>,
        plan: &Plan,
        options: &Options,
        guard_link: GuardLink,
        netlink: Netlink,
        is_the_only_one: bool,
        scheduling: Scheduling,
    ) -> Result<(Self, Staff)> {
        let guard = guard_link.sender();
        let has_leftovers = Arc::new(AtomicBool::new(false));
        let (addresses, address_news) =
            start_address_worker(plan, &guard, is_the_only_one, &has_leftovers)?;

        let (address_worker, orders) = (addresses.requester(), addresses.orders());
        let network_changes = netlink
            .monitor(&address_worker)
            .await
            .context("netlink cannot be watched")?;

        let maps = assembly::load(plan, options.rings);
        let (outbox, inbox) = inbox::channel()?;
        let (tap, tapped) = Tap::new();
        let tap = Arc::new(tap);
        let memory = Memory::default();
        last_words::prepare(memory.clone(), last_words::beside(&options.pid_file));
        let (tellings, told) = mpsc::channel::<Telling>(TELLINGS);
        let (program_sender, program_news) = mpsc::channel(vrrp_ebpf::abi::MAX_PORTS);
        let inspector = Inspector::start(outbox.clone(), program_sender.clone())
            .context("the inspector thread cannot be started")?;
        let is_shielded = maps.doorbell.is_some()
            && (plan.interfaces.values()).all(|interface| interface.xdp_mode != XdpMode::Off);
        let election = Election {
            seats: BTreeMap::new(),
            routers: RouterTable::default(),
            groups: Vec::new(),
            ports: Vec::new(),
            doorbell: maps.doorbell,
            executor: Executor::new(addresses.orders(), guard.clone(), tellings),
            inbox,
            backlog: Backlog::default(),
            inspector: inspector.clone(),
            discarded: Vec::new(),
            punctuality: Punctuality::default(),
            tap: Arc::clone(&tap),
            memory,
        };
        let election = election::spawn(election, scheduling, is_shielded)
            .context("the election thread cannot be started")?;

        let (ears, heard) = mpsc::channel(alert_sources::EARS);
        let outlets = Outlets {
            election: outbox.clone(),
            inspector,
            alerts: ears,
            tap: Arc::clone(&tap),
            news: program_sender,
        };
        let (runner, reports) = Runner::new(guard_link, Table::default())?;
        let service_manager = ServiceManager::find()
            .context("the thread for the service manager cannot be started")?;
        let (rosters, roster) = mpsc::channel(1);
        let reporter = Reporter::new(runner.clone(), service_manager.clone());
        let reporter = reporter.run(told, roster, AlertSources::new(maps.alerts, heard));
        let (tracking, script_changes) = TrackingTasks::new(runner.clone());
        let (reception, desk, asks) = control::open(socket);
        let staff = Staff {
            election,
            addresses,
            has_leftovers,
            guard,
            reporter: tokio::spawn(reporter),
            rosters,
            guard_reports: tokio::spawn(assembly::serve_runner(reports)),
            network_changes,
            address_news,
            script_changes,
            program_news,
            reception,
            asks,
        };
        drop(tokio::spawn(watchdog::watch(
            outbox.pulse(),
            service_manager.clone(),
        )));
        let controller = Self {
            options: options.clone(),
            running: Running::default(),
            last_reload: None,
            plan: Plan::default(),
            network: Network::new(netlink, maps.program, maps.why_without, outlets),
            observer: Observer::default(),
            lookout: Lookout::new(outbox.clone()),
            insight: Insight::new(maps.statistics, maps.inventory),
            blocks: maps.blocks,
            outbox,
            runner,
            service_manager,
            capture: Exchange::open(maps.capture, tap, tapped),
            tracking,
            address_worker,
            departing: BTreeMap::new(),
            last_words: BTreeMap::new(),
            edition: 0,
            guard_news: GuardNews::default(),
            is_settled: true,
            is_surveyed: true,
            metrics: Metrics::new(desk),
            filter: Arc::new(Mutex::new(PacketFilter::beside(&options.pid_file))),
            arp_filter: Arc::new(Mutex::new(ArpFilter::beside(&options.pid_file))),
            arp_complaint: None,
            addresses: orders,
            starts_at: None,
        };
        Ok((controller, staff))
    }

    async fn serve(&mut self, staff: &mut Staff, signals: &mut Signals) {
        let mut errands = Errands::default();
        loop {
            self.begin_errands(&mut errands, staff).await;
            let is_known = self.is_settled && self.is_surveyed;
            let is_guard_behind = self.guard_news.is_behind();
            let start_in = self.starts_at.map(|start| start.since(clock::now()));
            let chore_in = self
                .network
                .next_chore()
                .map(|chore| chore.since(clock::now()));
            tokio::select! {
                Some(change) = staff.network_changes.recv() => {
                    self.network_changed(change, &mut staff.network_changes).await;
                }
                () = sleep(AGAIN), if !is_known => self.settle().await,
                () = sleep(start_in.unwrap_or_default()), if start_in.is_some() => {
                    self.starts_at = None;
                    self.start(&Plan::default());
                }
                () = sleep(AGAIN), if is_guard_behind => self.renew_guard_table(),
                Some(news) = staff.program_news.recv() => self.network.program_news(news).await,
                () = sleep(chore_in.unwrap_or_default()), if chore_in.is_some() => {
                    self.do_chores().await;
                }
                Some(change) = staff.script_changes.recv() => self.script_changed(&change),
                Some(report) = staff.address_news.recv() => self.addresses_changed(&report).await,
                Some(ask) = staff.asks.recv() => self.answer(ask, &mut errands).await,
                Some(finished) = errands.finished(), if errands.is_busy() => {
                    self.finish_errand(finished, staff).await;
                }
                order = signals.next_order() => match order {
                    Order::Stop => return,
                    Order::Reload => errands.add(Errand::Reload(Vec::new())),
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

    pub(super) fn tell_news(&mut self) {
        for (slot, event) in self.observer.news() {
            self.outbox.send(Input::Event { slot, event });
        }
    }

    pub(super) async fn addresses_changed(&mut self, report: &AddressReport) {
        address_news::log(&self.plan, &self.departing, report);
        let (AddressReport::Reassigned {
            slot,
            edition,
            failures,
        }
        | AddressReport::Retired {
            slot,
            edition,
            failures,
        }) = report
        else {
            return;
        };
        // What another reload has overtaken is not the end of what that one takes away.
        let is_gone = |departing: &Departing| failures.is_empty() && departing.edition == *edition;
        if self.departing.get(slot).is_some_and(is_gone) {
            self.departing.remove(slot);
            self.renew_guard_table();
            self.drop_macvlans().await;
        }
    }

    /// Takes `first` and every other change that waits. What is down is told at once; addresses are looked up once for all of them.
    async fn network_changed(
        &mut self,
        first: NetworkChange,
        waiting: &mut mpsc::Receiver<NetworkChange>,
    ) {
        let mut seen = Seen::default();
        let mut next = Some(first);
        while let Some(change) = next {
            self.take(change, &mut seen).await;
            next = waiting.try_recv().ok();
        }
        // Once, however many links have changed: it takes a look at all of them.
        if seen.may_strip_tags {
            self.network.look_for_tags().await;
        }
        self.tell_news();
        for (slot, (address, others)) in seen.removed {
            self.outbox.send(Input::Event {
                slot,
                event: Event::AddressesRemoved { address, others },
            });
        }
        if !self.is_settled {
            self.settle().await;
        }
    }

    async fn take(&mut self, change: NetworkChange, seen: &mut Seen) {
        match change {
            NetworkChange::Link(link) => {
                if self.plan.port_of(&link.name).is_some() {
                    if self.network.carrier_changed(&link) {
                        self.link(&link.name, link.up);
                    }
                    self.network.link_is_there(&self.plan, &link).await;
                    self.is_surveyed &= self.network.hears_everywhere();
                    self.is_settled = false;
                    self.make_macvlans().await;
                }
                self.macvlan_changed(&link).await;
                seen.may_strip_tags = true;
            }
            NetworkChange::LinkGone { name, index } => {
                self.insight.held.forget();
                if self.network.macvlan_is_gone(index) {
                    self.make_macvlans().await;
                }
                if self.plan.port_of(&name).is_some() {
                    self.network.link_is_gone(&name);
                    self.link(&name, false);
                    self.is_settled = false;
                }
                seen.may_strip_tags = true;
            }
            // Our own come and go by the thousand and change nothing about where we speak from.
            NetworkChange::AddressAdded(observed) => {
                self.insight.held.added(&observed.address);
                self.is_settled &= observed.is_ours;
            }
            NetworkChange::AddressRemoved { observed, by } => {
                self.insight.held.removed(&observed.address);
                self.is_settled &= observed.is_ours;
                // What the address worker removes, or what goes with that, is its own affair.
                if !self.address_worker.is(by) {
                    seen.note_removal(&self.plan, &observed.address);
                }
            }
            NetworkChange::RouteRemoved { address, by } => {
                if !self.address_worker.is(by) {
                    seen.note_lost_route(&self.plan, address);
                }
            }
            NetworkChange::Overrun => {
                self.insight.held.forget();
                self.look_afresh().await;
            }
        }
    }

    /// Looks at every interface. If they cannot be listed everything stays as it is, and we come back: not knowing is no reason to fail over.
    async fn look_afresh(&mut self) {
        let mut there = match self.network.look_around(&self.plan).await {
            Ok(there) => there,
            Err(failure) => {
                debug!("Netlink: the interfaces cannot be listed: {failure}");
                self.is_surveyed = false;
                return;
            }
        };
        self.is_surveyed = self.network.hears_everywhere();
        for link in &mut there {
            link.up |= !self.network.carrier_changed(link);
        }
        let interfaces = self.plan.interfaces.values();
        let names: Vec<String> = interfaces.map(|known| known.name.clone()).collect();
        for name in names {
            let is_up = there.iter().any(|link| link.name == name && link.up);
            self.link(&name, is_up);
        }
        self.make_macvlans().await;
        self.network.look_for_tags().await;
        self.is_settled = false;
    }

    /// Makes those of the interfaces with a virtual MAC that are not there. Without one its router is at fault, and it is tried again.
    pub(super) async fn make_macvlans(&mut self) {
        let (made, has_all) = self.network.make_macvlans(&self.plan).await;
        for (name, is_there) in made {
            self.observer.interface(&name, is_there);
        }
        self.is_surveyed &= has_all;
    }

    /// Removes those that nobody needs any more, and makes those that had to wait for that.
    pub(super) async fn drop_macvlans(&mut self) {
        let departing = self.departing.values();
        let departing = departing.flat_map(|departing| &departing.slot.macvlans);
        if self
            .network
            .drop_macvlans(&self.plan, &departing.cloned().collect())
            .await
        {
            self.make_macvlans().await;
            self.tell_news();
        }
    }

    /// An interface with a virtual MAC may have been renamed, or switched off although its router is Active.
    async fn macvlan_changed(&mut self, link: &Link) {
        if self.network.macvlan_is_renamed(link).await {
            self.make_macvlans().await;
        }
        if link.enabled {
            return;
        }
        for (slot, router) in &self.plan.routers {
            if router.macvlan(&link.name).is_some() {
                self.addresses.restore(*slot);
            }
        }
    }

    /// Finds out where each router speaks from, or leaves everything as it is and comes back.
    pub(super) async fn settle(&mut self) {
        if !self.is_surveyed {
            self.look_afresh().await;
        }
        match self.network.find_sources(&self.plan).await {
            Ok(sources) => {
                self.is_settled = true;
                if self.observed_sources(&sources) {
                    self.renew_guard_table();
                }
                self.filter_arp().await;
                self.tell_news();
            }
            Err(failure) => {
                debug!("Netlink: the addresses cannot be listed: {failure}");
                self.is_settled = false;
            }
        }
    }

    /// How to tell the guard its table, if that is another one than it was told last. What is returned waits for the guard.
    pub(super) fn news_for_guard(
        &mut self,
    ) -> Option<impl FnOnce() -> std::result::Result<(), LinkError> + Send + 'static> {
        let pid_file = &self.options.pid_file;
        let table = assembly::guard_table(
            &self.plan,
            &self.network,
            &self.departing,
            &self.last_words,
            pid_file,
        );
        self.guard_news.of(table, &self.runner)
    }

    /// `vrrp_startup_delay` and `vrrp_delay_after_boot`: the later of the two.
    fn delay_start(&mut self, config: &Config) {
        let global = &config.global;
        let after_boot = global.delay_after_boot.saturating_sub(clock::uptime());
        let delay = global.startup_delay.max(after_boot);
        if !delay.is_zero() {
            info!("Delaying startup for {} seconds", delay.as_secs_f64());
            self.starts_at = Some(clock::now() + delay);
        }
    }

    /// Whether nobody takes part yet.
    pub(super) const fn is_start_delayed(&self) -> bool {
        self.starts_at.is_some()
    }

    /// Keeps packets from the addresses that are not for this host. What it cannot keep is said, and nobody waits for that with the election.
    pub(super) async fn filter_packets(&self, unaccepted: BTreeSet<IpAddr>) {
        let count = unaccepted.len();
        match (
            set(&self.filter, |filter| filter.set(unaccepted)).await,
            count,
        ) {
            (Ok(()), _) => {}
            (Err(failure), 0) => {
                error!("packets to addresses of ours may still be dropped: {failure}");
            }
            (Err(failure), count) => error!(
                "packets to {count} addresses with `no_accept` are accepted all the same: {failure}"
            ),
        }
    }

    /// Has nobody hear another hardware address for what is at virtual MACs. What cannot be kept from him is said, once, and tried again.
    pub(super) async fn filter_arp(&mut self) {
        let macs = self.network.virtual_macs(&self.plan);
        let count = macs.addresses.len();
        let failure = set(&self.arp_filter, |filter| filter.set(macs)).await.err();
        let complaint = failure.map(|failure| match count {
            0 => format!("ARP about addresses of ours may still be dropped: {failure}"),
            count => format!(
                "neighbours may hear another MAC than the virtual one for {count} addresses: {failure}"
            ),
        });
        if let Some(complaint) = &complaint
            && self.arp_complaint.as_ref() != Some(complaint)
        {
            error!("{complaint}");
        }
        self.arp_complaint = complaint;
    }

    /// The guard says goodbye from the addresses we speak from, so it learns of new ones.
    fn renew_guard_table(&mut self) {
        let Some(telling) = self.news_for_guard() else {
            return;
        };
        drop(task::spawn_blocking(|| {
            if let Err(failure) = telling() {
                warn!("the guard was not told what has changed: {failure}");
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
    fn observed_sources(&mut self, sources: &Sources) -> bool {
        let mut is_news = false;
        for (slot, source) in sources {
            is_news |= self.observer.source(*slot, *source);
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
        let path = self.options.pid_file.with_extension("recording.json");
        match recorder::write(&self.outbox, &path).await {
            Ok(()) => info!("recording written to {}", path.display()),
            Err(failure) => error!("no recording: {failure:#}"),
        }
    }

    /// Says goodbye on every router, gives every address up, waits for both, and sends the guard home.
    ///
    /// Nobody waits for a script: it may itself be waiting for us to stop.
    async fn stop(mut self, staff: Staff) {
        self.metrics.listen(None).await;
        self.network.log_raw_counters();
        self.outbox.send(Input::Stop);
        let Staff {
            election,
            addresses,
            has_leftovers,
            guard,
            reporter,
            guard_reports,
            reception,
            ..
        } = staff;
        if let Some(reception) = reception {
            reception.close().await;
        }
        let is_released = task::spawn_blocking(move || {
            let has_ended = election.join().is_ok();
            addresses.shutdown(RELEASE_DEADLINE) && has_ended
        });
        let is_released =
            is_released.await.unwrap_or(false) && !has_leftovers.load(Ordering::Acquire);
        self.plan = Plan::default();
        self.network
            .drop_macvlans(&self.plan, &BTreeSet::new())
            .await;
        let is_released = is_released && !self.network.has_macvlans();
        self.filter_packets(BTreeSet::new()).await;
        self.filter_arp().await;
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

/// What was seen in changes that came together.
#[derive(Debug, Default)]
struct Seen {
    /// Addresses of ours that are gone, by router: one of them, and how many more.
    removed: BTreeMap<usize, (IpAddr, usize)>,
    /// Some link has changed, and it may be one for a VLAN.
    may_strip_tags: bool,
}

impl Seen {
    fn note_removal(&mut self, plan: &Plan, gone: &InterfaceAddress) {
        self.note_loss(plan, gone.address, |address| {
            address.form == Form::Address && address.is_same_as(gone)
        });
    }

    fn note_lost_route(&mut self, plan: &Plan, gone: IpAddr) {
        self.note_loss(plan, gone, |address| {
            address.form == Form::Route && address.address == gone
        });
    }

    fn note_loss(&mut self, plan: &Plan, gone: IpAddr, is_it: impl Fn(&InterfaceAddress) -> bool) {
        for (slot, router) in &plan.routers {
            if router.addresses.iter().any(&is_it) {
                self.removed
                    .entry(*slot)
                    .and_modify(|(_, others)| *others += 1)
                    .or_insert((gone, 0));
            }
        }
    }
}

/// Sets a filter, which waits for `nft`, and says why it could not.
async fn set<F: Send + 'static>(
    filter: &Arc<Mutex<F>>,
    how: impl FnOnce(&mut F) -> Result<(), FilterError> + Send + 'static,
) -> Result<(), String> {
    let filter = Arc::clone(filter);
    let setting = task::spawn_blocking(move || {
        let mut filter = filter.lock().unwrap_or_else(PoisonError::into_inner);
        how(&mut filter)
    });
    match timeout(FILTER_DEADLINE, setting).await {
        Ok(Ok(result)) => result.map_err(|failure| failure.to_string()),
        Ok(Err(failure)) => Err(failure.to_string()),
        Err(_elapsed) => Err("nft does not answer".to_owned()),
    }
}

fn start_address_worker(
    plan: &Plan,
    guard: &GuardSender,
    is_the_only_one: bool,
    has_leftovers: &Arc<AtomicBool>,
) -> Result<(AddressWorker, mpsc::Receiver<AddressReport>)> {
    let (sender, receiver) = mpsc::channel(ADDRESS_REPORTS);
    let routers = plan.routers.values();
    let configured = routers
        .flat_map(|router| router.addresses.clone())
        .collect();
    let guard = guard.clone();
    let has_leftovers = Arc::clone(has_leftovers);
    let mut leftovers = BTreeSet::new();
    let worker = AddressWorker::start(configured, is_the_only_one, move |report| {
        if let AddressReport::Released { slot, failures }
        | AddressReport::Retired { slot, failures, .. } = &report
        {
            if failures.is_empty() {
                leftovers.remove(slot);
            } else {
                leftovers.insert(*slot);
            }
            has_leftovers.store(!leftovers.is_empty(), Ordering::Release);
        }
        address_news::tell_guard(&report, &guard);
        if matches!(
            report,
            AddressReport::Announced {
                rounds_left: 1..,
                ..
            }
        ) {
            return;
        }
        // Full only if nobody logs any more; the effect is done, and only its line is lost.
        sender.try_send(report).ok();
    })
    .context("the address worker cannot be started")?;
    Ok((worker, receiver))
}
