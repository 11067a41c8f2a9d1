//! What the screen knows.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use super::keys::{Binding, Deed, Does};
use super::lanes::{Lanes, Mark};
use super::narrator::{Line, Narrator, Who};
use crate::binaries::Daemon;
use crate::moment::Moment;
use crate::node::{RoleName, transition};
use crate::observer::{Life, News, NodeName, Observation, Seen, counts_rejected};

/// As many lines as the tallest terminal shows, and some; the oldest go first.
const LINES_KEPT: usize = 400;

/// What a key wishes for that the model cannot do itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// This is to be done to this node.
    Deed(Deed, NodeName),
    /// The lab is to be taken down.
    Quit,
}

/// All that was seen, as far as the screen shows it.
#[derive(Debug)]
pub struct Model {
    pub(super) began: Moment,
    pub(super) now: Moment,
    /// What is being made, until everything is there.
    pub(super) making: Option<String>,
    pub(super) nodes: [NodeState; 2],
    pub(super) selected: NodeName,
    pub(super) shows_help: bool,
    pub(super) served_by: Option<NodeName>,
    pub(super) lanes: Lanes,
    narrator: Narrator,
    lines: VecDeque<Line>,
    /// How many lines there have been in all.
    told: usize,
}

/// A node, as far as the screen shows it.
#[derive(Debug)]
pub(super) struct NodeState {
    pub(super) daemon: Daemon,
    pub(super) life: Life,
    pub(super) role: Option<RoleName>,
    /// Since when role and life are what they are.
    pub(super) since: Moment,
    pub(super) owns: Vec<Ipv4Addr>,
    pub(super) adverts: u64,
    pub(super) last_advert: Option<Moment>,
    pub(super) rejected: Vec<(String, u64)>,
    pub(super) script: Option<String>,
    pub(super) serves: bool,
    pub(super) is_plugged: bool,
    pub(super) mails: usize,
    pub(super) last_mail: String,
}

impl NodeState {
    const fn new(daemon: Daemon, now: Moment) -> Self {
        Self {
            daemon,
            life: Life::Ended,
            role: None,
            since: now,
            owns: Vec::new(),
            adverts: 0,
            last_advert: None,
            rejected: Vec::new(),
            script: None,
            serves: false,
            is_plugged: false,
            mails: 0,
            last_mail: String::new(),
        }
    }

    fn take(&mut self, at: Moment, news: &News) {
        match news {
            News::Said(line) => self.said(at, line),
            News::Daemon(life) => self.lives(at, *life),
            News::Owns(addresses) => self.owns.clone_from(addresses),
            News::Haproxy(serves) => self.serves = *serves,
            News::Cable(is_plugged) => self.is_plugged = *is_plugged,
            News::Mail(subject) => {
                self.mails += 1;
                self.last_mail.clone_from(subject);
            }
            News::Counted(counters) => {
                self.rejected.clone_from(counters);
                self.rejected
                    .retain(|(name, count)| *count > 0 && counts_rejected(name));
                self.rejected
                    .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            }
        }
    }

    fn said(&mut self, at: Moment, line: &str) {
        if let Some(transition) = transition(line) {
            (self.role, self.since) = (Some(transition.to), at);
        }
        if let Some((_, what)) = line.split_once("VRRP_Script(") {
            self.script = Some(what.replacen(')', "", 1));
        }
    }

    fn lives(&mut self, at: Moment, life: Life) {
        let before = std::mem::replace(&mut self.life, life);
        if life == Life::Ended || before == Life::Ended {
            self.role = None;
            self.script = None;
            self.rejected.clear();
        }
        self.since = at;
    }

    fn mark(&self) -> Mark {
        match (self.life, self.role) {
            (Life::Runs, Some(RoleName::Master)) => Mark::Active,
            (Life::Runs, Some(RoleName::Backup)) => Mark::Waits,
            (Life::Ended | Life::Paused | Life::Runs, _) => Mark::Absent,
        }
    }
}

impl Model {
    /// A lab that is being made, with these daemons on r1 and r2.
    #[must_use]
    pub fn new(daemons: [Daemon; 2], now: Moment) -> Self {
        Self {
            began: now,
            now,
            making: Some("the lab".into()),
            nodes: daemons.map(|daemon| NodeState::new(daemon, now)),
            selected: NodeName::R1,
            shows_help: false,
            served_by: None,
            lanes: Lanes::since(now),
            narrator: Narrator::default(),
            lines: VecDeque::new(),
            told: 0,
        }
    }

    /// The lab is being made, and this is next; nothing is next when it is there.
    pub fn making(&mut self, what: Option<String>) {
        let was_made = self.making.is_some();
        self.making = what;
        if was_made && self.making.is_none() {
            self.note("the lab is there; `?` tells what the keys do".into());
        }
    }

    /// Whether it is not all there yet.
    #[must_use]
    pub const fn is_being_made(&self) -> bool {
        self.making.is_some()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Moment) {
        self.now = self.now.max(now);
        for name in NodeName::BOTH {
            let mark = self.node(name).mark();
            self.lanes.mark(self.now, name, mark);
        }
    }

    /// Something was seen.
    pub fn take(&mut self, observation: &Observation) {
        let at = observation.at;
        match &observation.what {
            Seen::Of(node, news) => self.nodes[node.index()].take(at, news),
            Seen::Advertisement {
                from: Some(node),
                priority,
            } => self.advertised(at, *node, *priority),
            Seen::Advertisement { from: None, .. } | Seen::Claim { .. } => self.lanes.intrude(at),
            Seen::Answer(node) => {
                self.served_by = *node;
                self.lanes.serve(at, *node);
            }
        }
        if let Some(line) = self.narrator.tell(observation) {
            self.keep(line);
        }
    }

    fn advertised(&mut self, at: Moment, node: NodeName, priority: u8) {
        let farewell = priority == 0;
        let mark = if farewell {
            Mark::Farewell
        } else {
            Mark::Advertised
        };
        self.lanes.mark(at, node, mark);
        let state = &mut self.nodes[node.index()];
        state.adverts += 1;
        state.last_advert = Some(at);
    }

    /// Whoever plays did something, or learns why not.
    pub fn note(&mut self, text: String) {
        let line = Line {
            at: self.now,
            who: Who::Player,
            text,
        };
        self.keep(line);
    }

    /// A key was pressed. Only those of the table mean anything, and while there is no lab only the way out does.
    pub fn press(&mut self, key: char) -> Option<Wish> {
        match Binding::of(key)?.does {
            Does::Quit => return Some(Wish::Quit),
            Does::Help => self.shows_help = !self.shows_help,
            Does::SelectOther => self.selected = self.selected.other(),
            Does::Deed(_) if self.making.is_some() => self.note("not yet".into()),
            Does::Deed(deed) => return Some(Wish::Deed(deed, self.selected)),
        }
        None
    }

    /// The lines after the first `seen` there have been, as far as they are kept.
    pub fn lines_after(&self, seen: usize) -> impl Iterator<Item = &Line> {
        let new = self.told.saturating_sub(seen);
        self.last_lines(new)
    }

    /// How many lines there have been.
    #[must_use]
    pub const fn told(&self) -> usize {
        self.told
    }

    /// When it began.
    #[must_use]
    pub const fn began(&self) -> Moment {
        self.began
    }

    /// The last lines, at most so many.
    pub(super) fn last_lines(&self, count: usize) -> impl Iterator<Item = &Line> {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped)
    }

    pub(super) const fn node(&self, name: NodeName) -> &NodeState {
        &self.nodes[name.index()]
    }

    /// Who has at least one of the virtual addresses.
    pub(super) fn holders(&self) -> Vec<NodeName> {
        let mut holders = NodeName::BOTH.to_vec();
        holders.retain(|name| !self.node(*name).owns.is_empty());
        holders
    }

    fn keep(&mut self, line: Line) {
        self.told += 1;
        self.lines.push_back(line);
        if self.lines.len() > LINES_KEPT {
            self.lines.pop_front();
        }
    }
}
