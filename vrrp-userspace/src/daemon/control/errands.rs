//! What somebody wants a configuration read for: a reload, or what one would change.
//!
//! Files may be far away and accounts in a directory that does not answer, so reading happens beside the controller, which goes on
//! meanwhile. One file is read at a time, and at most for [`PATIENCE`]; then the errand is given up. A thread that still
//! hangs in it cannot be ended, so until it returns nothing else is read. Signals that ask for a reload are one errand until it begins, and
//! the requests of clients are as many as the control socket has places for, so the queue is bounded.

use std::{
    collections::{BTreeSet, VecDeque},
    path::PathBuf,
    time::Duration,
};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout_at},
};

use super::Ask;
use crate::{
    config::{Config, Diagnostic},
    daemon::{Origin, assembly, plan::Plan},
    system::netlink::Obstacles,
};

/// For files on a slow disk and accounts in a slow directory; shorter than a client waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a configuration is read for.
#[derive(Debug)]
pub(in crate::daemon) enum Errand {
    /// To go over to it; who asked for that by the control socket is answered.
    Reload(Vec<Ask>),
    /// To say what would change with this file.
    Preview(Ask, PathBuf),
}

/// What is read, and what it follows.
#[derive(Debug)]
pub(in crate::daemon) struct Source {
    pub(in crate::daemon) origin: Origin,
    pub(in crate::daemon) before: Plan,
    /// Slots that are in use although the plan does not have them.
    pub(in crate::daemon) taken: BTreeSet<usize>,
    /// Where the kernel would not answer for a local route.
    pub(in crate::daemon) obstacles: Obstacles,
}

impl Source {
    fn read(self) -> Read {
        let (config, diagnostics) = self.origin.load();
        let plan = self.before.next(
            &config,
            &assembly::accounts(&config),
            &self.taken,
            &self.obstacles,
        );
        Read {
            config,
            diagnostics,
            plan,
        }
    }
}

/// What was read.
#[derive(Debug)]
pub(in crate::daemon) struct Read {
    pub(in crate::daemon) config: Config,
    pub(in crate::daemon) diagnostics: Vec<Diagnostic>,
    /// What it comes to after the plan that ran when it was read; only an errand changes that.
    pub(in crate::daemon) plan: Plan,
}

/// An errand whose file was read, or why not.
#[derive(Debug)]
pub(in crate::daemon) struct Finished {
    pub(in crate::daemon) errand: Errand,
    pub(in crate::daemon) read: Result<Read, String>,
}

/// Those that wait, and the one that is under way.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Errands {
    waiting: VecDeque<Errand>,
    under_way: Option<UnderWay>,
    /// Reading that was given up and has not returned.
    stuck: Option<JoinHandle<Read>>,
}

#[derive(Debug)]
struct UnderWay {
    errand: Errand,
    file: PathBuf,
    reading: JoinHandle<Read>,
    deadline: Instant,
}

impl Errands {
    /// Puts an errand in the queue. A reload that waits there is joined: its file is still to be read.
    pub(in crate::daemon) fn add(&mut self, errand: Errand) {
        let waiting = self.waiting.iter_mut().find_map(|waiting| match waiting {
            Errand::Reload(asks) => Some(asks),
            Errand::Preview(..) => None,
        });
        match (errand, waiting) {
            (Errand::Reload(asks), Some(waiting)) => waiting.extend(asks),
            (errand, _) => self.waiting.push_back(errand),
        }
    }

    /// The next errand, if none is under way; whoever takes it begins it or ends it.
    pub(in crate::daemon) fn next(&mut self) -> Option<Errand> {
        if self.under_way.is_some() {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Begins to read for an errand. If that cannot be, the errand is finished already.
    pub(in crate::daemon) fn begin(&mut self, errand: Errand, source: Source) -> Option<Finished> {
        if self
            .stuck
            .as_ref()
            .is_some_and(|stuck| !stuck.is_finished())
        {
            let read = Err("an earlier reading of the configuration has not returned".into());
            return Some(Finished { errand, read });
        }
        self.stuck = None;
        self.under_way = Some(UnderWay {
            errand,
            file: source.origin.file.clone(),
            reading: spawn_blocking(move || source.read()),
            deadline: Instant::now() + PATIENCE,
        });
        None
    }

    /// Whether an errand is under way, so that [`Self::finished`] returns.
    pub(in crate::daemon) const fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Waits until what is under way is finished. May be dropped and called again.
    pub(in crate::daemon) async fn finished(&mut self) -> Option<Finished> {
        let under_way = self.under_way.as_mut()?;
        let read = match timeout_at(under_way.deadline, &mut under_way.reading).await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(_panicked)) => Err("the configuration could not be read".into()),
            Err(_elapsed) => Err(format!(
                "{} and what it names could not be read within {} s",
                under_way.file.display(),
                PATIENCE.as_secs()
            )),
        };
        let UnderWay {
            errand, reading, ..
        } = self.under_way.take()?;
        if !reading.is_finished() {
            self.stuck = Some(reading);
        }
        Some(Finished { errand, read })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::{config::LoadOptions, daemon::control::Request, system::control_socket::Peer};

    fn ask() -> Ask {
        let (answer, _nobody) = oneshot::channel();
        Ask {
            request: Request::Reload,
            peer: Peer { uid: 0, pid: None },
            answer,
        }
    }

    #[test]
    fn reloads_that_wait_are_one_and_previews_are_not() {
        let mut errands = Errands::default();
        errands.add(Errand::Reload(Vec::new()));
        errands.add(Errand::Preview(ask(), "/a".into()));
        errands.add(Errand::Preview(ask(), "/b".into()));
        errands.add(Errand::Reload(vec![ask()]));
        let Some(Errand::Reload(asks)) = errands.next() else {
            panic!("the reload was first");
        };
        assert_eq!(asks.len(), 1);
        assert_eq!(errands.waiting.len(), 2);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_had_is_given_up_and_named_and_nothing_else_is_begun_meanwhile() {
        let mut errands = Errands::default();
        let (release, hang) = std::sync::mpsc::channel::<()>();
        errands.under_way = Some(UnderWay {
            errand: Errand::Reload(Vec::new()),
            file: "/far/away.conf".into(),
            reading: spawn_blocking(move || {
                hang.recv().ok();
                Read {
                    config: Config::default(),
                    diagnostics: Vec::new(),
                    plan: Plan::default(),
                }
            }),
            deadline: Instant::now(),
        });
        let finished = errands.finished().await.unwrap();
        let why = finished.read.unwrap_err();
        assert!(why.contains("/far/away.conf"), "{why}");
        let source = Source {
            origin: Origin {
                file: "/near.conf".into(),
                options: LoadOptions::default(),
            },
            before: Plan::default(),
            taken: BTreeSet::new(),
            obstacles: Obstacles::default(),
        };
        let again = errands.begin(finished.errand, source).unwrap();
        assert!(again.read.unwrap_err().contains("has not returned"));
        drop(release);
    }
}
