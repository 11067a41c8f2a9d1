//! How the parts are made from the configuration and the plan.

use std::{collections::BTreeMap, net::IpAddr, path::Path};

use anyhow::Result;
use rustix::system::uname;
use tracing::{debug, error, warn};

use super::{
    network::{NOT_LOADED, Network},
    observer::Dependencies,
    plan::{Plan, RouterPlan},
    reload::Departing,
    reporter::{Audience, Roster, groups::GroupAudience},
};
use crate::{
    config::{Config, ScriptCommand, XdpMode},
    guard::{ReleaseAdvert, Script, ScriptIndex, Slot, SlotIndex, Table},
    protocol,
    system::{
        account,
        capabilities::{self, BPF},
        datapath::{
            Alerts, Blocks, Capture, Datapath, Doorbell, Inventory, Publisher, RingSizes,
            Statistics,
        },
        mailer::{MailSettings, Mailer},
        runner::{Reports, TrackedScript},
    },
};

/// The program's maps, each for the one who needs it.
#[derive(Default)]
pub(super) struct Maps {
    pub(super) program: Option<(Datapath, Publisher)>,
    pub(super) doorbell: Option<Doorbell>,
    pub(super) alerts: Option<Alerts>,
    pub(super) blocks: Option<Blocks>,
    pub(super) statistics: Option<Statistics>,
    pub(super) inventory: Option<Inventory>,
    pub(super) capture: Option<Capture>,
    /// Why there are none, if so.
    pub(super) why_without: String,
}

impl Maps {
    fn without(why: impl Into<String>) -> Self {
        Self {
            why_without: why.into(),
            ..Self::default()
        }
    }
}

/// Loads the program unless nobody wants it, and says so when it cannot be had.
pub(super) fn load(plan: &Plan, rings: RingSizes) -> Maps {
    if plan
        .interfaces
        .values()
        .all(|interface| interface.xdp_mode == XdpMode::Off)
    {
        return Maps::without(NOT_LOADED);
    }
    if !capabilities::has(&BPF) {
        let why = format!("{} is needed to {} and missing", BPF.name, BPF.purpose);
        warn!("XDP: {why}; listening on raw sockets");
        return Maps::without(why);
    }
    match try_load(rings) {
        Ok(maps) => maps,
        Err(failure) => {
            warn!("XDP: {failure:#}; listening on raw sockets");
            Maps::without(format!("{failure:#}"))
        }
    }
}

fn try_load(rings: RingSizes) -> Result<Maps> {
    let mut datapath = Datapath::load(rings)?;
    // While it still has all of them.
    let (inventory, blocks) = (datapath.inventory()?, datapath.blocks()?);
    let statistics = datapath.statistics()?;
    let (doorbell, alerts) = (datapath.doorbell()?, datapath.alerts()?);
    let (publisher, capture) = (datapath.publisher()?, datapath.capture()?);
    match datapath.log() {
        Ok(log) => drop(tokio::spawn(log.run())),
        Err(failure) => debug!("the XDP program has no log: {failure}"),
    }
    let program = Some((datapath, publisher));
    Ok(Maps {
        program,
        doorbell: Some(doorbell),
        alerts: Some(alerts),
        blocks: Some(blocks),
        statistics: Some(statistics),
        inventory: Some(inventory),
        why_without: String::new(),
        capture: Some(capture),
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

/// What each router depends on, by slot.
pub(super) fn dependencies(plan: &Plan) -> BTreeMap<usize, Dependencies> {
    let depends_on = |slot: usize, router: &RouterPlan| Dependencies {
        name: router.settings.name.clone(),
        group: plan
            .group_of(slot)
            .map_or_else(Vec::new, |group| group.others(slot).collect()),
        family: router.settings.family,
        source: router.reach.source,
        is_alone: router.reach.audience == protocol::Audience::Peers(Vec::new()),
        interface: router.settings.interface.clone(),
        interfaces: router.interfaces.clone(),
        scripts: router.tracked.clone(),
        priority: router.settings.priority,
    };
    plan.routers
        .iter()
        .map(|(slot, router)| (*slot, depends_on(*slot, router)))
        .collect()
}

/// The names of the scripts that are tracked.
pub(super) fn script_names(plan: &Plan) -> BTreeMap<ScriptIndex, String> {
    let named = |script: &TrackedScript| (script.index, script.name.clone());
    plan.tracked.iter().map(named).collect()
}

/// What the guard has to know of a router: how it says goodbye, and what it may hold.
pub(super) fn guard_slot(router: &RouterPlan, network: &Network, source: Option<IpAddr>) -> Slot {
    let release = source.and_then(|source| {
        Some(ReleaseAdvert {
            interface: network.index_of(&router.settings.interface)?,
            source,
            destinations: router.reach.audience.destinations(source),
            hop_limit: router.reach.sent_hop_limit(),
            mac: router.speaks_as,
            template: router.template.clone(),
        })
    });
    let macvlans = router.macvlans.iter();
    Slot {
        name: router.settings.name.clone(),
        release,
        addresses: router.addresses.clone(),
        macvlans: macvlans.map(|one| one.name.clone()).collect(),
    }
}

/// Everything the guard has to know. What departs belongs to it until it is gone, and so do `last_words`, the scripts that may still be
/// ordered although the plan has them no more.
pub(super) fn guard_table(
    plan: &Plan,
    network: &Network,
    departing: &BTreeMap<usize, Departing>,
    last_words: &BTreeMap<ScriptIndex, Script>,
    pid_file: &Path,
) -> Table {
    let mut scripts = plan.scripts.clone();
    scripts.extend(
        last_words
            .iter()
            .map(|(index, script)| (*index, script.clone())),
    );
    let mut slots = BTreeMap::new();
    for (slot, router) in &plan.routers {
        slots.insert(*slot, guard_slot(router, network, network.source_of(*slot)));
    }
    for (slot, leaving) in departing {
        match slots.get_mut(slot) {
            Some(staying) => {
                let Slot {
                    addresses,
                    macvlans,
                    ..
                } = &leaving.slot;
                staying.addresses.extend(addresses.iter().cloned());
                staying.macvlans.extend(macvlans.iter().cloned());
            }
            None => drop(slots.insert(*slot, leaving.slot.clone())),
        }
    }
    let index = |slot| u16::try_from(slot).map(SlotIndex).ok();
    let slots = slots.into_iter();
    Table {
        pid_file: Some(pid_file.to_owned()),
        slots: slots
            .filter_map(|(slot, told)| Some((index(slot)?, told)))
            .collect(),
        scripts,
    }
}

/// Who is told what from now on. The mailer is for the caller to decide about.
pub(super) fn roster(config: &Config, plan: &Plan) -> Roster {
    let audience = |router: &RouterPlan| Audience {
        name: router.settings.name.clone(),
        notify: router.notify,
        sends_mail: router.sends_mail,
        interval: router.settings.advertisement_interval,
    };
    Roster {
        audiences: plan
            .routers
            .iter()
            .map(|(slot, router)| (*slot, audience(router)))
            .collect(),
        groups: plan
            .groups
            .iter()
            .map(|plan| GroupAudience {
                group: plan.group.clone(),
                notify: plan.notify,
                sends_mail: plan.sends_mail,
            })
            .collect(),
        interfaces: plan
            .interfaces
            .iter()
            .map(|(port, interface)| (*port, interface.name.clone()))
            .collect(),
        router_id: config.global.router_id.clone().unwrap_or_else(host_name),
        ..Roster::default()
    }
}

fn sends_any_mail(config: &Config) -> bool {
    let mut instances = config.instances.iter();
    let mut groups = config.sync_groups.iter();
    instances.any(|one| config.sends_mail_for(one))
        || groups.any(|one| config.sends_mail_for_group(one))
}

/// Without a server or somebody to write to there is no mail, as with keepalived.
pub(super) fn mail_settings(config: &Config) -> Option<MailSettings> {
    let mail = &config.global.mail;
    let server = mail.server.as_ref()?;
    if mail.to.is_empty() || !sends_any_mail(config) {
        return None;
    }
    Some(MailSettings {
        port: server.port,
        connect_timeout: mail.connect_timeout,
        from: mail
            .from
            .clone()
            .unwrap_or_else(|| format!("root@{}", host_name())),
        to: mail.to.clone(),
        helo_name: mail.helo_name.clone(),
        ..MailSettings::new(server.host.as_str())
    })
}

/// Somebody who sends mails, if any are to be sent.
pub(super) fn mailer(settings: Option<&MailSettings>) -> Option<Mailer> {
    match Mailer::start(settings?.clone()) {
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

pub(super) async fn serve_runner(reports: Reports) {
    if let Err(failure) = reports.serve().await {
        error!(
            "the guard is gone and cannot be replaced ({failure}): no script runs, and a crash leaves the addresses until the next start"
        );
    }
}
