//! Instances that are Active together or not at all: who belongs to whom, and what that means for each.

use std::collections::BTreeMap;

use super::super::{
    diagnostic::{Diagnostic, Findings},
    draft::{InstanceDraft, SyncGroupDraft},
    keyword::Refuse as _,
    lexer::Word,
    model::{Instance, RefusedInstance, SyncGroup},
};

/// Gives the members what the group has for all of them, and leaves in each group only those that can be members.
pub(super) fn distribute(
    groups: &mut Vec<SyncGroupDraft>,
    instances: &mut [InstanceDraft],
    diagnostics: &mut Findings,
) {
    let mut taken: BTreeMap<String, Word> = BTreeMap::new();
    for group in groups.iter_mut() {
        group.members.retain(|member| {
            let is_there = instances.iter().any(|one| one.name.text == member.text);
            if !is_there {
                diagnostics.push(unknown(member));
            } else if let Some(first) = taken.get(&member.text) {
                diagnostics.push(twice(member, first));
            } else {
                taken.insert(member.text.clone(), member.clone());
                return true;
            }
            false
        });
        for instance in instances.iter_mut() {
            let mut members = group.members.iter();
            if members.any(|member| member.text == instance.name.text) {
                join(instance, group);
            }
        }
    }
    groups.retain(|group| {
        if group.members.is_empty() {
            let headline = format!("`vrrp_sync_group {}` has no members", group.name.text);
            let diagnostic = Diagnostic::warning(headline, group.name.span.clone());
            diagnostics.push(diagnostic.now("it is ignored, as keepalived does"));
        }
        !group.members.is_empty()
    });
}

fn join(instance: &mut InstanceDraft, group: &SyncGroupDraft) {
    if let Some(refusal) = &group.refusal {
        instance.refuse(refusal.clone());
    }
    instance.ignores_weights = !group.allows_weights;
    for tracked in &group.track_scripts {
        let mut known = instance.track_scripts.iter();
        if !known.any(|known| known.name.text == tracked.name.text) {
            instance.track_scripts.push(tracked.clone());
        }
    }
}

fn unknown(member: &Word) -> Diagnostic {
    let headline = format!("there is no instance `{}`", member.text);
    let diagnostic = Diagnostic::warning(headline, member.span.clone());
    diagnostic.now("the member is ignored, as keepalived does")
}

fn twice(member: &Word, first: &Word) -> Diagnostic {
    let headline = format!("`{}` is a member twice", member.text);
    Diagnostic::error(headline, member.span.clone())
        .label("second")
        .also(first.span.clone(), "first")
        .now("it belongs to the first")
}

/// The groups of those that start. Where one member does not, none does: they could not be Active together.
pub(super) fn settle(
    groups: Vec<SyncGroupDraft>,
    instances: &mut Vec<Instance>,
    refused: &mut Vec<RefusedInstance>,
    diagnostics: &mut Findings,
) -> Vec<SyncGroup> {
    let mut settled = Vec::new();
    for group in groups {
        let is_member = |name: &str| group.members.iter().any(|member| member.text == name);
        let missing = refused.iter().find(|one| is_member(&one.name));
        if let Some(missing) = missing.map(|missing| missing.name.clone()) {
            refuse_others(&missing, &is_member, instances, refused, diagnostics);
            continue;
        }
        if let Some(diagnostic) = different_priorities(&group, instances) {
            diagnostics.push(diagnostic);
        }
        settled.push(SyncGroup {
            name: group.name.text.clone(),
            members: group.members.iter().map(|one| one.text.clone()).collect(),
            notify: group.notify,
            smtp_alert: group.smtp_alert,
        });
    }
    settled
}

fn refuse_others(
    missing: &str,
    is_member: &dyn Fn(&str) -> bool,
    instances: &mut Vec<Instance>,
    refused: &mut Vec<RefusedInstance>,
    diagnostics: &mut Findings,
) {
    for instance in instances.extract_if(.., |instance| is_member(&instance.name)) {
        let reason = format!("`{missing}` of its sync group does not start");
        let span = instance.place.0;
        let diagnostic = Diagnostic::error(reason.clone(), span.clone());
        diagnostics
            .push(diagnostic.now("nor does this instance: they are Active together or not at all"));
        let name = instance.name;
        refused.push(RefusedInstance { name, reason, span });
    }
}

/// keepalived: allowed, and may go to and fro.
fn different_priorities(group: &SyncGroupDraft, instances: &[Instance]) -> Option<Diagnostic> {
    let is_member = |name: &str| group.members.iter().any(|member| member.text == name);
    let mut priorities = instances
        .iter()
        .filter(|instance| is_member(&instance.name))
        .map(|instance| instance.priority);
    let first = priorities.next()?;
    priorities.any(|other| other != first).then(|| {
        let headline = format!(
            "the members of `{}` have different priorities",
            group.name.text
        );
        Diagnostic::warning(headline, group.name.span.clone())
            .now("the group stays where it is as long as one member hears somebody better")
            .help("give all of them the same priority")
    })
}
