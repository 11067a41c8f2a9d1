//! The shell: knows everybody, decides nothing.
//!
//! ```text
//!   netlink ─┐                        ┌─► raw sockets, EVENTS and BLOCKS
//!   scripts ─┼─► observer ─► inbox ─► election thread ─┬─► address worker ─► netlink, gratuitous ARP
//!   signals ─┘                                         ├─► guard (before the addresses)
//!                                                      └─► reporter ─► log, notify scripts, mail
//! ```
//!
//! The guard is a process of its own, started before any thread. The election thread waits for nobody; everybody
//! else may be slow. Here is the order in which they begin and end.

mod background;
mod door;
mod election;
mod executor;
mod hearing;
mod inbox;
mod network;
mod observer;
mod phrases;
mod plan;
mod port;
mod recorder;
mod rejections;
mod reporter;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::ExitCode,
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::system::uname;
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};
use tracing::{debug, error, info, warn};

pub use background::{in_background, is_in_background, tell_parent};

use self::{
    election::{Election, RouterTable, Seat},
    executor::{Executor, TELLINGS, Telling, Voice},
    inbox::{Input, Outbox},
    network::Network,
    observer::{Dependencies, Observer},
    plan::Plan,
    rejections::Rejections,
    reporter::{Audience, Reporter},
};
use crate::{
    config::{Config, ScriptCommand, XdpMode},
    guard::{self, GuardLink, GuardSender, ReleaseAdvert, Slot, SlotIndex, Table},
    protocol::{Event, Priority, VirtualRouter, address_claims::AddressClaims},
    system::{
        account, address_worker::{AddressReport, AddressWorker},
        datapath::{Alerts, Datapath, Doorbell, Publisher, RingSizes},
        mailer::{MailSettings, Mailer},
        netlink::{Netlink, NetworkChange},
        pid_file::PidFile,
        runner::{Runner, ScriptChanged, track},
    },
    tracking::{Change, ScriptStatus},
};

/// How long the addresses may take to go at the end.
const RELEASE_DEADLINE: Duration = Duration::from_secs(10);

/// The daemon was told to run, but its configuration has nothing to.
pub const EXIT_CONFIGURATION: u8 = 2;
/// A privilege is missing.
pub const EXIT_PRIVILEGE: u8 = 4;

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the process number is written.
    pub pid_file: PathBuf,
    /// Sizes of the rings between kernel and daemon.
    pub rings: RingSizes,
}

/// The parts that must exist before there is a thread.
pub struct Beginning {
    guard: GuardLink,
    pid_file: PidFile,
}

impl Beginning {
    /// Locks the pid file and starts the guard. To be called before the process has threads.
    ///
    /// # Errors
    ///
    /// Another daemon holds the pid file, or no process is to be had.
    pub fn new(options: &Options) -> Result<Self> {
        let pid_file = PidFile::lock(&options.pid_file)?;
        let guard = guard::spawn().context("the guard process cannot be started")?;
        Ok(Self { guard, pid_file })
    }
}

/// Runs until a signal ends it.
///
/// # Errors
///
/// When it could not start. Once it runs it reports and goes on.
pub fn run(config: &Config, options: &Options, beginning: Beginning) -> Result<ExitCode> {
    if let Err(failure) = network::check_privileges() {
        error!("raw sockets are needed and refused ({failure}): run as root, or with CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF");
        beginning.guard.sender().farewell().ok();
        return Ok(ExitCode::from(EXIT_PRIVILEGE));
    }
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("controller")
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let code = runtime.block_on(Controller::run(config, options, beginning));
    // Whatever still hangs in a resolver or a mail server is left behind.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

/// The tokio side while the daemon runs.
struct Controller {
    plan: Plan,
    network: Network,
    observer: Observer,
    outbox: Outbox,
    recordings: PathBuf,
}

/// The program's maps, each for the one who needs it.
#[derive(Default)]
struct Maps {
    program: Option<(Datapath, Publisher)>,
    doorbell: Option<Doorbell>,
    alerts: Option<Alerts>,
}

impl Controller {
    async fn run(config: &Config, options: &Options, beginning: Beginning) -> Result<ExitCode> {
        let Beginning { guard, pid_file } = beginning;
        let mut signals = Signals::new()?;
        let plan = Plan::new(config, &accounts(config));
        let netlink = Netlink::connect().context("netlink is out of reach")?;
        let mut changes = netlink.monitor().await.context("netlink cannot be watched")?;

        let maps = load(&plan, options.rings);
        let (outbox, inbox) = inbox::channel()?;
        let mut network = Network::new(netlink, maps.program, outbox.clone(), &plan);
        network.publish_addresses(&plan);

        // The election is not running yet, so what it is told waits in its inbox.
        let links = network.look_around(&plan).await;
        let sources = network.find_sources(&plan).await;

        let table = guard_table(&plan, &network, &sources, &options.pid_file);
        let guard_sender = guard.sender();
        let (runner, reports) = Runner::new(guard, table)?;
        let (address_reports, mut address_news) = mpsc::unbounded_channel();
        let addresses = plan.routers.iter().map(|router| router.addresses.clone()).collect();
        let worker = AddressWorker::start(addresses, move |report| {
            address_reports.send(report).ok();
        })
        .context("the address worker cannot be started")?;

        let (tellings, told) = mpsc::channel::<Telling>(TELLINGS);
        let executor = Executor::new(
            plan.routers.iter().map(|router| Voice::new(router.template.clone())).collect(),
            worker.orders(),
            guard_sender.clone(),
            tellings,
        );
        let thread = election::spawn(Election {
            seats: seats(&plan),
            routers: RouterTable::new(),
            ports: Vec::new(),
            doorbell: maps.doorbell,
            executor,
            inbox,
        })
        .context("the election thread cannot be started")?;

        let reporter = reporter(config, &plan, runner.clone());
        let telling = tokio::spawn(reporter.run(told, maps.alerts));
        let runner_reports = tokio::spawn(serve_runner(reports));
        let mut scripts = start_scripts(&plan, &runner);

        let observer = observer(&plan);
        let mut controller = Self {
            plan,
            network,
            observer,
            outbox,
            recordings: options.pid_file.with_extension("recording.json"),
        };
        for link in links {
            controller.observer.interface(&link.name, link.up);
        }
        controller.observed_sources(&sources);
        controller.start();
        pid_file.write().context("the pid file cannot be written")?;
        tell_parent();
        info!("Startup complete");

        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Some(change) => controller.network_changed(change).await,
                    None => std::future::pending().await,
                },
                Some(change) = scripts.recv() => controller.script_changed(&change),
                Some(report) = address_news.recv() => controller.addresses_changed(&report, &guard_sender),
                () = signals.stop() => break,
                () = signals.hang_up() => warn!("reload is not supported yet: the running configuration stays"),
                () = signals.record() => controller.record().await,
            }
        }
        info!("Stopping");
        controller.stop(thread, worker, &guard_sender).await;
        if telling.await.is_err() {
            error!("the reporter ended before its time");
        }
        guard_sender.farewell().ok();
        runner_reports.abort();
        drop(pid_file);
        info!("Stopped");
        Ok(ExitCode::SUCCESS)
    }

    /// Tells every router what is wrong with it, and then to start.
    fn start(&mut self) {
        self.tell_news();
        for slot in 0..self.plan.routers.len() {
            self.outbox.send(Input::Event { slot, event: Event::Startup });
        }
    }

    fn tell_news(&mut self) {
        for (slot, event) in self.observer.news() {
            self.outbox.send(Input::Event { slot, event });
        }
    }

    async fn network_changed(&mut self, change: NetworkChange) {
        match change {
            NetworkChange::Link(link) => {
                if self.plan.port_of(&link.name).is_none() {
                    return;
                }
                self.network.link_is_there(&self.plan, &link).await;
                self.link(&link.name, link.up);
            }
            NetworkChange::LinkGone { name, .. } => {
                if self.plan.port_of(&name).is_some() {
                    self.network.link_is_gone(&name);
                    self.link(&name, false);
                }
            }
            NetworkChange::AddressAdded(_) | NetworkChange::AddressRemoved(_) => {}
            NetworkChange::Overrun => {
                let there = self.network.look_around(&self.plan).await;
                let names: Vec<String> =
                    self.plan.interfaces.iter().map(|known| known.name.clone()).collect();
                for name in names {
                    let is_up = there.iter().any(|link| link.name == name && link.up);
                    self.link(&name, is_up);
                }
            }
        }
        let sources = self.network.find_sources(&self.plan).await;
        self.observed_sources(&sources);
        self.tell_news();
    }

    fn link(&mut self, name: &str, is_up: bool) {
        if self.observer.interface(name, is_up) {
            info!("Netlink reports {name} {}", if is_up { "up" } else { "down" });
        }
    }

    fn observed_sources(&mut self, sources: &[Option<std::net::Ipv4Addr>]) {
        for (slot, source) in sources.iter().enumerate() {
            self.observer.source(slot, *source);
        }
    }

    fn script_changed(&mut self, changed: &ScriptChanged) {
        let status = match changed.change {
            Change::Up => ScriptStatus::Up,
            Change::Down => ScriptStatus::Down,
        };
        self.observer.script(changed.script, status);
        self.tell_news();
    }

    fn addresses_changed(&self, report: &AddressReport, guard: &GuardSender) {
        let name = |slot: &usize| {
            self.plan.routers.get(*slot).map_or("", |router| router.settings.name.as_str())
        };
        match report {
            AddressReport::Installed { slot, existing_not_ours } => {
                debug!("({}) setting VIPs.", name(slot));
                for address in existing_not_ours {
                    warn!("({}) {address} was there before and will stay", name(slot));
                }
            }
            AddressReport::Failed { slot, failures } => {
                for failure in failures {
                    error!("({}) cannot set {}: {}", name(slot), failure.address, failure.error);
                }
            }
            AddressReport::Announced { slot, rounds_left: 0 } => {
                debug!("({}) gratuitous ARP sent", name(slot));
            }
            AddressReport::Announced { .. } => {}
            AddressReport::Released { slot, failures } => {
                debug!("({}) removing VIPs.", name(slot));
                for failure in failures {
                    error!("({}) cannot remove {}: {}", name(slot), failure.address, failure.error);
                }
                if let Ok(index) = u16::try_from(*slot) {
                    guard.released(SlotIndex(index)).ok();
                }
            }
        }
    }

    /// Writes what went through the doors, for `xvrrpd replay`.
    async fn record(&self) {
        match recorder::write(&self.outbox, &self.recordings).await {
            Ok(()) => info!("recording written to {}", self.recordings.display()),
            Err(failure) => error!("no recording: {failure:#}"),
        }
    }

    /// Says goodbye on every router, gives every address up, and waits for both.
    async fn stop(self, thread: JoinHandle<()>, worker: AddressWorker, guard: &GuardSender) {
        self.outbox.send(Input::Stop);
        let slots = self.plan.routers.len();
        let is_released = tokio::task::spawn_blocking(move || {
            let has_ended = thread.join().is_ok();
            worker.shutdown(RELEASE_DEADLINE) && has_ended
        });
        if is_released.await.unwrap_or(false) {
            for slot in 0..slots {
                if let Ok(index) = u16::try_from(slot) {
                    guard.released(SlotIndex(index)).ok();
                }
            }
        } else {
            error!("not everything could be given up; the guard cleans up");
        }
    }
}

/// The signals that mean something to us.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    record: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be caught");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
            record: listen(SignalKind::user_defined1())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    async fn hang_up(&mut self) {
        self.hang_up.recv().await;
    }

    async fn record(&mut self) {
        self.record.recv().await;
    }
}

/// Loads the program unless nobody wants it, and says so when it cannot be had.
fn load(plan: &Plan, rings: RingSizes) -> Maps {
    if plan.interfaces.iter().all(|interface| interface.xdp_mode == XdpMode::Off) {
        return Maps::default();
    }
    match try_load(rings) {
        Ok(maps) => maps,
        Err(failure) => {
            warn!("XDP: {failure:#}; listening on raw sockets");
            Maps::default()
        }
    }
}

fn try_load(rings: RingSizes) -> Result<Maps> {
    let mut datapath = Datapath::load(rings)?;
    let (doorbell, alerts) = (datapath.doorbell()?, datapath.alerts()?);
    let publisher = datapath.publisher()?;
    match datapath.log() {
        Ok(log) => drop(tokio::spawn(log.run())),
        Err(failure) => debug!("the XDP program has no log: {failure}"),
    }
    let program = Some((datapath, publisher));
    Ok(Maps { program, doorbell: Some(doorbell), alerts: Some(alerts) })
}

fn accounts(config: &Config) -> impl Fn(&ScriptCommand) -> Option<(u32, u32)> + '_ {
    |command| {
        let default = config.global.script_user.as_ref();
        let user = command.user.as_deref().or(default.map(|account| account.user.as_str()));
        let group = if command.user.is_some() {
            command.group.as_deref()
        } else {
            default.and_then(|account| account.group.as_deref())
        };
        account::resolve(user, group)
    }
}

fn seats(plan: &Plan) -> Vec<Seat> {
    plan.routers
        .iter()
        .map(|router| Seat::new(VirtualRouter::new(router.settings.clone()), router.port))
        .collect()
}

fn observer(plan: &Plan) -> Observer {
    let names: BTreeMap<_, _> =
        plan.tracked.iter().map(|script| (script.index, script.name.clone())).collect();
    let dependencies = plan.routers.iter().map(|router| Dependencies {
        interface: router.settings.interface.clone(),
        interfaces: router.interfaces.clone(),
        scripts: router.tracked.clone(),
        priority: router.settings.priority,
    });
    Observer::new(dependencies, names)
}

fn guard_table(
    plan: &Plan,
    network: &Network,
    sources: &[Option<std::net::Ipv4Addr>],
    pid_file: &std::path::Path,
) -> Table {
    let slots = plan.routers.iter().enumerate().map(|(slot, router)| {
        let source = sources.get(slot).copied().flatten();
        let release = source.and_then(|source| {
            Some(ReleaseAdvert {
                interface: network.index_of(&router.settings.interface)?,
                source,
                destination: vrrp_ebpf::wire::ipv4::VRRP_GROUP.into(),
                message: router.template.message(Priority::RELEASE, source),
            })
        });
        Slot {
            name: router.settings.name.clone(),
            release,
            addresses: router.addresses.clone(),
        }
    });
    Table {
        pid_file: Some(pid_file.to_owned()),
        slots: slots.collect(),
        scripts: plan.scripts.clone(),
    }
}

fn reporter(config: &Config, plan: &Plan, runner: Runner) -> Reporter {
    let audiences = plan.routers.iter().map(|router| Audience {
        name: router.settings.name.clone(),
        notify: router.notify,
        sends_mail: router.sends_mail,
        interval: router.settings.advertisement_interval,
    });
    let router_id = config.global.router_id.clone().unwrap_or_else(host_name);
    Reporter {
        audiences: audiences.collect(),
        interfaces: plan.interfaces.iter().map(|interface| interface.name.clone()).collect(),
        router_id,
        runner,
        mailer: mailer(config),
        claims: AddressClaims::default(),
        rejections: Rejections::default(),
    }
}

/// Without a server or somebody to write to there is no mail, as with keepalived.
fn mailer(config: &Config) -> Option<Mailer> {
    let mail = &config.global.mail;
    let server = mail.server.as_ref()?;
    if mail.to.is_empty() || !config.instances.iter().any(|one| config.sends_mail_for(one)) {
        return None;
    }
    let settings = MailSettings {
        port: server.port,
        connect_timeout: mail.connect_timeout,
        from: mail.from.clone().unwrap_or_else(|| format!("root@{}", host_name())),
        to: mail.to.clone(),
        helo_name: mail.helo_name.clone(),
        ..MailSettings::new(server.host.as_str())
    };
    match Mailer::start(settings) {
        Ok(mailer) => Some(mailer),
        Err(failure) => {
            error!("no mail will be sent: {failure}");
            None
        }
    }
}

fn host_name() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

fn start_scripts(plan: &Plan, runner: &Runner) -> mpsc::UnboundedReceiver<ScriptChanged> {
    let (sender, receiver) = mpsc::unbounded_channel();
    for script in &plan.tracked {
        let sender = sender.clone();
        let changed = move |change| {
            sender.send(change).ok();
        };
        drop(tokio::spawn(track(script.clone(), runner.clone(), changed)));
    }
    receiver
}

async fn serve_runner(reports: crate::system::runner::Reports) {
    if let Err(failure) = reports.serve().await {
        error!("the guard is gone and cannot be replaced ({failure}): no script runs, and a crash leaves the addresses until the next start");
    }
}
