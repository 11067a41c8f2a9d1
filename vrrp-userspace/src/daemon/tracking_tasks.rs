//! The tasks that run the tracked scripts, one for each.

use std::collections::BTreeMap;

use tokio::{sync::mpsc, task::JoinHandle};
use tracing::error;

use crate::{
    guard::ScriptIndex,
    system::runner::{Runner, ScriptChanged, TrackedScript, track},
};

/// Changes of mind of scripts that may wait; a script changes it at most once an interval.
const SCRIPT_CHANGES: usize = 1024;

/// What runs, and where what comes of it is heard.
pub(super) struct TrackingTasks {
    runner: Runner,
    changed: mpsc::Sender<ScriptChanged>,
    running: BTreeMap<ScriptIndex, (TrackedScript, JoinHandle<()>)>,
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

    /// Runs these from now on. Who is among them as before runs on; the run of one who is not ends by itself, and nobody hears how.
    pub(super) fn reconfigure(&mut self, scripts: &[TrackedScript]) {
        let is_kept = |known: &TrackedScript| scripts.contains(known);
        self.running.retain(|_, (known, task)| {
            if !is_kept(known) {
                task.abort();
            }
            is_kept(known)
        });
        for script in scripts {
            if !self.running.contains_key(&script.index) {
                let task = tokio::spawn(track(
                    script.clone(),
                    self.runner.clone(),
                    self.tell(script),
                ));
                self.running.insert(script.index, (script.clone(), task));
            }
        }
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
