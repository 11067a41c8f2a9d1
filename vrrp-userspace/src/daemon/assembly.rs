//! How the parts are made from the configuration and the plan.

use std::{collections::BTreeMap, net::Ipv4Addr, path::Path};

use anyhow::Result;
use rustix::system::uname;
use tokio::sync::mpsc;
use tracing::{debug, error, warn};
use vrrp_ebpf::wire::ipv4;

use super::{
    election::Seat,
    network::Network,
    observer::{Dependencies, Observer},
    plan::Plan,
    rejections::Rejections,
    reporter::{Audience, Reporter},
    roll_call::RollCall,
};
use crate::{
    config::{Config, ScriptCommand, XdpMode},
    guard::{ReleaseAdvert, Slot, Table},
    protocol::{Priority, VirtualRouter, address_claims::AddressClaims},
    system::{
        account,
        capabilities::{self, BPF},
        datapath::{Alerts, Datapath, Doorbell, Publisher, RingSizes},
        mailer::{MailSettings, Mailer},
        runner::{Reports, Runner, ScriptChanged, track},
        service_manager::ServiceManager,
    },
};

/// Changes of mind of scripts that may wait; a script changes it at most once an interval.
const SCRIPT_CHANGES: usize = 1024;

/// The program's maps, each for the one who needs it.
#[derive(Default)]
pub(super) struct Maps {
    pub(super) program: Option<(Datapath, Publisher)>,
    pub(super) doorbell: Option<Doorbell>,
    pub(super) alerts: Option<Alerts>,
}

/// Loads the program unless nobody wants it, and says so when it cannot be had.
pub(super) fn load(plan: &Plan, rings: RingSizes) -> Maps {
    if plan
        .interfaces
        .iter()
        .all(|interface| interface.xdp_mode == XdpMode::Off)
    {
        return Maps::default();
    }
    if !capabilities::has(&BPF) {
        warn!(
            "XDP: {} is needed to {} and missing; listening on raw sockets",
            BPF.name, BPF.purpose
        );
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
    Ok(Maps {
        program,
        doorbell: Some(doorbell),
        alerts: Some(alerts),
    })
}

pub(super) fn accounts(config: &Config) -> impl Fn(&ScriptCommand) -> Option<(u32, u32)> + '_ {
    |command| {
        let default = config.global.script_user.as_ref();
        let user = command
            .user
            .as_deref()
            .or(default.map(|account| account.user.as_str()));
        let group = if command.user.is_some() {
            command.group.as_deref()
        } else {
            default.and_then(|account| account.group.as_deref())
        };
        account::resolve(user, group)
    }
}

pub(super) fn seats(plan: &Plan) -> Vec<Seat> {
    plan.routers
        .iter()
        .map(|router| Seat::new(VirtualRouter::new(router.settings.clone()), router.port))
        .collect()
}

pub(super) fn observer(plan: &Plan) -> Observer {
    let names: BTreeMap<_, _> = plan
        .tracked
        .iter()
        .map(|script| (script.index, script.name.clone()))
        .collect();
    let dependencies = plan.routers.iter().map(|router| Dependencies {
        interface: router.settings.interface.clone(),
        interfaces: router.interfaces.clone(),
        scripts: router.tracked.clone(),
        priority: router.settings.priority,
    });
    Observer::new(dependencies, names)
}

pub(super) fn guard_table(
    plan: &Plan,
    network: &Network,
    sources: &[Option<Ipv4Addr>],
    pid_file: &Path,
) -> Table {
    let slots = plan.routers.iter().enumerate().map(|(slot, router)| {
        let source = sources.get(slot).copied().flatten();
        let release = source.and_then(|source| {
            Some(ReleaseAdvert {
                interface: network.index_of(&router.settings.interface)?,
                source,
                destination: ipv4::VRRP_GROUP.into(),
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

pub(super) fn reporter(
    config: &Config,
    plan: &Plan,
    runner: Runner,
    service_manager: ServiceManager,
) -> Reporter {
    let audiences = plan.routers.iter().map(|router| Audience {
        name: router.settings.name.clone(),
        notify: router.notify,
        sends_mail: router.sends_mail,
        interval: router.settings.advertisement_interval,
    });
    let router_id = config.global.router_id.clone().unwrap_or_else(host_name);
    Reporter {
        audiences: audiences.collect(),
        interfaces: plan
            .interfaces
            .iter()
            .map(|interface| interface.name.clone())
            .collect(),
        router_id,
        runner,
        mailer: mailer(config),
        claims: AddressClaims::default(),
        rejections: Rejections::default(),
        roll_call: RollCall::of(plan.routers.len()),
        service_manager,
    }
}

/// Without a server or somebody to write to there is no mail, as with keepalived.
fn mailer(config: &Config) -> Option<Mailer> {
    let mail = &config.global.mail;
    let server = mail.server.as_ref()?;
    if mail.to.is_empty()
        || !config
            .instances
            .iter()
            .any(|one| config.sends_mail_for(one))
    {
        return None;
    }
    let settings = MailSettings {
        port: server.port,
        connect_timeout: mail.connect_timeout,
        from: mail
            .from
            .clone()
            .unwrap_or_else(|| format!("root@{}", host_name())),
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

pub(super) fn start_scripts(plan: &Plan, runner: &Runner) -> mpsc::Receiver<ScriptChanged> {
    let (sender, receiver) = mpsc::channel(SCRIPT_CHANGES);
    for script in &plan.tracked {
        let sender = sender.clone();
        let name = script.name.clone();
        let changed = move |change| {
            if sender.try_send(change).is_err() {
                error!("the result of script {name} was lost: too many wait to be acted on");
            }
        };
        drop(tokio::spawn(track(script.clone(), runner.clone(), changed)));
    }
    receiver
}

pub(super) async fn serve_runner(reports: Reports) {
    if let Err(failure) = reports.serve().await {
        error!(
            "the guard is gone and cannot be replaced ({failure}): no script runs, and a crash leaves the addresses until the next start"
        );
    }
}
