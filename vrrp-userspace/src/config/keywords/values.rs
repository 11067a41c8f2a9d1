//! Values that several tables read the same way.

use std::time::Duration;

use super::super::{
    draft::GarpDraft,
    model::{GarpGuard, ValidAdverts, Weight, XdpMode},
    words::{Problem, Words},
};
use crate::protocol::Version;

/// keepalived's limit: one less than the distance between the least and the greatest priority of a Backup.
const GREATEST_WEIGHT: i16 = 253;

/// `<number> [reverse|noreverse]`
pub(super) fn weight(words: &mut Words<'_>) -> Result<Weight, Problem> {
    let value = words.number(-GREATEST_WEIGHT..=GREATEST_WEIGHT)?;
    let reverse = words.take("reverse");
    if !reverse {
        words.take("noreverse");
    }
    Ok(Weight { value, reverse })
}

/// `2` or `3`
pub(super) fn version(words: &mut Words<'_>) -> Result<Version, Problem> {
    words.choice(&[("2", Version::V2), ("3", Version::V3)])
}

/// Seconds that keepalived reads without decimals.
pub(super) fn whole_seconds(words: &mut Words<'_>) -> Result<Duration, Problem> {
    words
        .number(0..=u32::MAX)
        .map(|seconds| Duration::from_secs(u64::from(seconds)))
}

pub(super) fn garp_delay(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.delay = Some(whole_seconds(words)?);
    Ok(())
}

/// keepalived: zero means one.
pub(super) fn garp_repeat(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.repeat = Some(words.number(0..=u32::MAX)?.max(1));
    Ok(())
}

pub(super) fn garp_refresh(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.refresh = Some(whole_seconds(words)?);
    Ok(())
}

pub(super) fn garp_refresh_repeat(
    garp: &mut GarpDraft,
    words: &mut Words<'_>,
) -> Result<(), Problem> {
    garp.refresh_repeat = Some(words.number(0..=u32::MAX)?.max(1));
    Ok(())
}

pub(super) fn xdp_mode(words: &mut Words<'_>) -> Result<XdpMode, Problem> {
    words.choice(&[
        ("auto", XdpMode::Auto),
        ("native", XdpMode::Native),
        ("generic", XdpMode::Generic),
        ("off", XdpMode::Off),
    ])
}

pub(super) fn valid_adverts(words: &mut Words<'_>) -> Result<ValidAdverts, Problem> {
    words.choice(&[("pass", ValidAdverts::Pass), ("drop", ValidAdverts::Drop)])
}

pub(super) fn garp_guard(words: &mut Words<'_>) -> Result<GarpGuard, Problem> {
    words.choice(&[
        ("alert", GarpGuard::Alert),
        ("drop", GarpGuard::Drop),
        ("off", GarpGuard::Off),
    ])
}
