//! What was written into what is meant: fills in defaults and compares one thing with another.
//!
//! References may point forward; nothing is judged before the whole file was read. An instance that cannot do what
//! it should is refused, and the others are not.

mod conflicts;
mod instance;
mod reach;
mod strict;
mod sync_groups;
mod virtual_mac;

use std::collections::BTreeSet;

use self::virtual_mac::Names;
use super::{
    diagnostic::{Diagnostic, Findings},
    draft::{Draft, GlobalDraft, InstanceDraft, ScriptDraft},
    keyword::{Refusal, Refuse},
    model::{Config, RefusedInstance, TrackScript},
};

/// Turns a draft into a configuration.
pub(super) fn resolve(mut draft: Draft, diagnostics: &mut Findings) -> Config {
    sync_groups::distribute(&mut draft.sync_groups, &mut draft.instances, diagnostics);
    let mut resolver = Resolver {
        global: &draft.global,
        scripts: Vec::new(),
        unreadable_scripts: BTreeSet::new(),
        names: Names::of(&draft.instances),
        diagnostics,
    };
    for script in draft.scripts {
        resolver.script(script);
    }
    let everybody = draft.refusal.as_ref().or(draft.global.refusal.as_ref());

    let (mut instances, mut refused) = (Vec::new(), Vec::new());
    for mut instance in draft.instances {
        let name = instance.name.text.clone();
        let refusal = everybody.cloned().or(instance.refusal.take());
        match refusal.map_or_else(|| resolver.instance(instance), Err) {
            Ok(instance) => instances.push(instance),
            Err(Refusal { reason, span }) => refused.push(RefusedInstance { name, reason, span }),
        }
    }
    let scripts = resolver.scripts;
    conflicts::settle(&mut instances, &mut refused, diagnostics);
    let groups = draft.sync_groups;
    let sync_groups = sync_groups::settle(groups, &mut instances, &mut refused, diagnostics);
    Config {
        global: draft.global.global,
        scripts,
        instances,
        refused,
        sync_groups,
    }
}

/// What is known while instances are resolved.
struct Resolver<'a> {
    global: &'a GlobalDraft,
    scripts: Vec<TrackScript>,
    /// Scripts with something in them that only a preprocessor could read.
    unreadable_scripts: BTreeSet<String>,
    /// The names of interfaces.
    names: Names,
    diagnostics: &'a mut Findings,
}

impl Resolver<'_> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Says why an instance does not start.
    fn refused(&mut self, diagnostic: Diagnostic) -> Refusal {
        let refusal = Refusal {
            reason: diagnostic.headline.clone(),
            span: diagnostic.primary.span.clone(),
        };
        let diagnostic = match diagnostic.now {
            Some(_) => diagnostic,
            None => diagnostic.now(InstanceDraft::OUTCOME),
        };
        self.tell(diagnostic);
        refusal
    }

    fn script(&mut self, draft: ScriptDraft) {
        let name = draft.name.text;
        if draft.refusal.is_some() {
            self.unreadable_scripts.insert(name);
            return;
        }
        let Some(mut command) = draft.command else {
            let headline = format!("`vrrp_script {name}` has no `script`");
            let diagnostic = Diagnostic::error(headline, draft.name.span);
            return self.tell(diagnostic.now("it is ignored, and nothing can track it"));
        };
        if let (None, Some(account)) = (&command.user, draft.account) {
            (command.user, command.group) = (Some(account.user), account.group);
        }
        let timeout = if draft.timeout.is_zero() {
            draft.interval
        } else {
            draft.timeout
        };
        self.scripts.push(TrackScript {
            name,
            command,
            interval: draft.interval,
            timeout,
            weight: draft.weight,
            rise: draft.rise,
            fall: draft.fall,
            starts_failed: draft.starts_failed,
        });
    }
}
