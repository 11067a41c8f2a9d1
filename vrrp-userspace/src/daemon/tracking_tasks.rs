//! The tasks that run the tracked scripts, one for each.

use std::collections::BTreeMap;

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tracing::error;

use crate::{
    guard::ScriptIndex,
    system::runner::{Runner, ScriptChanged, TrackedScript, track},
    tracking::ScriptStatus,
};

/// Changes of mind of scripts that may wait; a script changes it at most once an interval.
const SCRIPT_CHANGES: usize = 1024;

/// What runs, and where what comes of it is heard.
pub(super) struct TrackingTasks {
    runner: Runner,
    changed: mpsc::Sender<ScriptChanged>,
    running: BTreeMap<ScriptIndex, (watch::Sender<TrackedScript>, JoinHandle<()>)>,
}

impl TrackingTasks {
    /// Nothing runs yet.
    pub(super) fn new(runner: Runner) -> (Self, mpsc::Receiver<ScriptChanged>) {
        let (changed, changes) = mpsc::channel(SCRIPT_CHANGES);
        let tasks = Self {
            runner,
            changed,
            running: BTreeMap::new(),
        };
        (tasks, changes)
    }

    /// Runs these from now on. Who is among them as before runs on, with other times if so; the run of one who is not ends by itself, and
    /// nobody hears how. One that is new goes on from what `known` says about it.
    pub(super) fn reconfigure(
        &mut self,
        scripts: &[TrackedScript],
        known: impl Fn(ScriptIndex) -> ScriptStatus,
    ) {
        self.running.retain(|index, (_, task)| {
            let is_kept = scripts.iter().any(|script| script.index == *index);
            if !is_kept {
                task.abort();
            }
            is_kept
        });
        for script in scripts {
            match self.running.get(&script.index) {
                Some((running, _)) => {
                    running.send_if_modified(|running| {
                        let is_other = running != script;
                        running.clone_from(script);
                        is_other
                    });
                }
                None => self.start(script, known(script.index)),
            }
        }
    }

    fn start(&mut self, script: &TrackedScript, known: ScriptStatus) {
        let (sender, scripts) = watch::channel(script.clone());
        let tracking = track(scripts, known, self.runner.clone(), self.tell(script));
        self.running
            .insert(script.index, (sender, tokio::spawn(tracking)));
    }

    fn tell(&self, script: &TrackedScript) -> impl Fn(ScriptChanged) + Send + 'static {
        let (sender, name) = (self.changed.clone(), script.name.clone());
        move |change| {
            if sender.try_send(change).is_err() {
                error!("the result of script {name} was lost: too many wait to be acted on");
            }
        }
    }
}
