//! One node, watched.

use std::fs::File;
use std::io::Read as _;
use std::net::Ipv4Addr;

use super::{Life, News, NodeName, Observation, Seen};
use crate::moment::Moment;
use crate::node::Node;
use crate::seeds;

/// A node, and what was last seen of it.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    name: NodeName,
    node: &'a Node,
    log: Log,
    life: Life,
    owned: Vec<Ipv4Addr>,
    serves: Option<bool>,
    is_plugged: Option<bool>,
    mails: usize,
}

impl<'a> Watch<'a> {
    /// Nothing has been seen yet.
    pub(super) fn over(name: NodeName, node: &'a Node) -> Self {
        Self {
            name,
            node,
            log: Log::default(),
            life: Life::Ended,
            owned: Vec::new(),
            serves: None,
            is_plugged: None,
            mails: 0,
        }
    }

    /// Adds what is new.
    pub(super) fn look(&mut self, at: Moment, seen: &mut Vec<Observation>) {
        let mut news = Vec::new();
        self.look_at_daemon(&mut news);
        self.look_at_machine(&mut news);
        let name = self.name;
        seen.extend(news.into_iter().map(|news| Observation {
            at,
            what: Seen::Of(name, news),
        }));
    }

    /// The beginning of a life is told before what is said in it, its end after.
    fn look_at_daemon(&mut self, news: &mut Vec<News>) {
        let life = life(self.node);
        let before = std::mem::replace(&mut self.life, life);
        if life != before && life != Life::Ended {
            news.push(News::Daemon(life));
        }
        news.extend(self.log.lines(self.node).into_iter().map(News::Said));
        if life != before && life == Life::Ended {
            news.push(News::Daemon(life));
        }
    }

    fn look_at_machine(&mut self, news: &mut Vec<News>) {
        let owned = self.node.owns(&seeds::ADDRESSES);
        if owned != self.owned {
            self.owned.clone_from(&owned);
            news.push(News::Owns(owned));
        }
        let serves = self.node.serves_pages();
        if self.serves.replace(serves) != Some(serves) {
            news.push(News::Haproxy(serves));
        }
        let is_plugged = self.node.has_carrier("eth0");
        if self.is_plugged.replace(is_plugged) != Some(is_plugged) {
            news.push(News::Cable(is_plugged));
        }
        let mails = self.node.mails_after(self.mails);
        self.mails += mails.len();
        news.extend(mails.iter().map(|mail| News::Mail(mail.subject().into())));
    }
}

fn life(node: &Node) -> Life {
    match (node.is_running(), node.is_paused()) {
        (false, _) => Life::Ended,
        (true, true) => Life::Paused,
        (true, false) => Life::Runs,
    }
}

/// The logs of a daemon's lives, read while they grow.
#[derive(Debug, Default)]
struct Log {
    /// How many lives have been read to their end.
    ended: usize,
    file: Option<File>,
    /// What has been read of a line that has not ended.
    rest: Vec<u8>,
}

impl Log {
    /// The lines said since the last time, in this life or the next.
    fn lines(&mut self, node: &Node) -> Vec<String> {
        let mut lines = Vec::new();
        let logs = node.logs();
        while let Some(log) = logs.get(self.ended) {
            if self.file.is_none() {
                self.file = File::open(log).ok();
            }
            if let Some(file) = &mut self.file {
                // What cannot be read now is read the next time.
                drop(file.read_to_end(&mut self.rest));
            }
            lines.extend(whole_lines(&mut self.rest));
            if self.ended + 1 == logs.len() {
                break;
            }
            (self.ended, self.file) = (self.ended + 1, None);
            self.rest.clear();
        }
        lines
    }
}

/// Takes out the lines that have ended.
fn whole_lines(rest: &mut Vec<u8>) -> Vec<String> {
    let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
        return Vec::new();
    };
    let whole: Vec<u8> = rest.drain(..=end).collect();
    let whole = String::from_utf8_lossy(&whole);
    whole.lines().map(|line| untimed(line).to_owned()).collect()
}

/// A line of the log without its time, `Sat Nov 22 19:30:00 2025: `, which has no parts of a second.
fn untimed(line: &str) -> &str {
    const TIME: usize = "Sat Nov 22 19:30:00 2025".len();
    let text = line.get(TIME..).and_then(|rest| rest.strip_prefix(": "));
    text.unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_when_it_has_ended_and_without_its_time() {
        let mut rest = b"Sat Nov 22 19:30:00 2025: (HA_V1) Entering BACKUP STATE\nSat N".to_vec();
        assert_eq!(whole_lines(&mut rest), ["(HA_V1) Entering BACKUP STATE"]);
        assert_eq!(rest, b"Sat N");
        assert_eq!(whole_lines(&mut rest), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_a_time_stays_whole() {
        assert_eq!(untimed("xvrrpd: cannot"), "xvrrpd: cannot");
        assert_eq!(untimed(""), "");
    }
}
