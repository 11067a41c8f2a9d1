//! `cargo xtask test --kernel VERSION`: what must hold on every kernel, tried in guests that run other kernels than this host.
//!
//! A guest sees the host's files, to be read; what it writes stays in its memory. It has no network. The kernels are Debian's, as apt fetches
//! them, and lie in the project's own folder. Needs no root but to install qemu.

mod archive;
mod guest;
mod image;
mod plan;
mod version;

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Result, bail};

pub(crate) use self::version::Wanted;
use self::{
    archive::{Archive, Offer},
    guest::{Accelerator, Guest},
    image::Image,
    plan::{Outcome, Places, Progress, Stage},
    version::{choose, listed},
};
use crate::{
    cargo::{Binaries, Executable},
    console, machine, privilege,
    test::Tally,
    workspace,
};

/// What a kernel made of the stages.
struct Trial {
    image: Image,
    outcomes: Vec<Outcome>,
}

/// Boots a guest for each kernel, and prints a table at the end. `programs` are those with the tests.
pub(crate) fn run(
    wanted: &[Wanted],
    filter: Option<&str>,
    build: impl FnOnce() -> Result<(Binaries, Vec<Executable>)>,
) -> Result<ExitCode> {
    if env::consts::ARCH != "x86_64" {
        bail!("guests are of x86_64, and this is {}", env::consts::ARCH);
    }
    // Whoever asks for a kernel that there is not learns it before anything is built.
    let images = images(wanted)?;
    let stages = filter.map_or_else(plan::all, plan::filtered);
    let (binaries, programs) = build()?;
    let programs: Vec<&Path> = programs.iter().map(|one| one.path.as_path()).collect();
    let mut accelerator = Accelerator::probable();
    let mut trials = Vec::new();
    for image in images {
        let outcomes = boot(&image, &stages, &binaries, &programs, &mut accelerator)?;
        trials.push(Trial { image, outcomes });
    }
    Ok(conclude(&stages, &trials))
}

/// The kernels that are wanted: those that are here already, and else those that Debian has.
fn images(wanted: &[Wanted]) -> Result<Vec<Image>> {
    let folder = workspace::root().join(machine::TOOLS).join("kernels");
    fs::create_dir_all(&folder)?;
    let mut archive = None;
    let mut images: Vec<Image> = Vec::new();
    let mut missing = Vec::new();
    for wanted in wanted {
        let here = Image::unpacked(&folder);
        let at_hand = choose(&here, |image| &image.version, wanted);
        if let (Wanted::Series(_), Some(image)) = (wanted, at_hand) {
            console::note(&format!(
                "Linux {wanted}: {} is here already (a newer one comes when {} is removed)",
                image.version,
                folder.join(&image.release).display()
            ));
            images.push(image.clone());
            continue;
        }
        let archive = match &archive {
            Some(archive) => archive,
            None => archive.insert(Archive::open(&folder.join("apt"))?),
        };
        match choose(&archive.offers, |offer| &offer.version, wanted) {
            Some(offer) => images.push(image_of(offer, archive, &here, &folder)?),
            None => missing.push(wanted.to_string()),
        }
    }
    if let (false, Some(archive)) = (missing.is_empty(), &archive) {
        bail!(none_such(&missing, &archive.offers));
    }
    images.dedup_by(|one, other| one.release == other.release);
    Ok(images)
}

fn image_of(offer: &Offer, archive: &Archive, here: &[Image], folder: &Path) -> Result<Image> {
    match here.iter().find(|image| image.release == offer.release) {
        Some(image) => Ok(image.clone()),
        None => Image::fetch(archive, offer, folder),
    }
}

fn none_such(missing: &[String], offers: &[Offer]) -> String {
    let there_are = listed(offers.iter().map(|offer| &offer.version));
    let help = if there_are.is_empty() {
        format!(
            "Debian's mirror has none at all; {} names another one",
            archive::MIRROR
        )
    } else {
        format!("there are {there_are}")
    };
    format!(
        "there is no Linux {} to be had\nhelp: {help}",
        missing.join(", nor ")
    )
}

/// Runs the stages on one kernel. Where KVM is there and does not work, it is not tried again.
fn boot(
    image: &Image,
    stages: &[Stage],
    binaries: &Binaries,
    programs: &[&Path],
    accelerator: &mut Accelerator,
) -> Result<Vec<Outcome>> {
    console::heading(&format!("Linux {} ({})", image.version, image.release));
    let folder = workspace::root()
        .join("target/kernels")
        .join(&image.release);
    fs::create_dir_all(&folder)?;
    let path = privilege::path_with_system_folders()?;
    let modules = image.modules()?;
    let places = Places {
        workspace: &workspace::root(),
        modules: &modules,
        daemon: &binaries.daemon,
        lab: &binaries.lab,
        runner: &binaries.runner,
        programs,
        path: &path,
    };
    loop {
        let script = plan::script(stages, &image.version, &places, accelerator.slowness());
        let guest = Guest {
            vmlinuz: &image.vmlinuz()?,
            initramfs: &image.pack(&script, &folder)?,
            folder: &folder,
        };
        let mut progress = Progress::new(stages, &image.version);
        let failure = guest.run(*accelerator, &mut progress)?;
        if *accelerator == Accelerator::Kvm && !progress.is_ready {
            console::note("KVM does not work here; the processor is imitated, which is slower");
            *accelerator = Accelerator::Imitation;
            continue;
        }
        if let Some(why) = failure {
            explain(&guest, &why);
        }
        return Ok(progress.outcomes());
    }
}

fn explain(guest: &Guest<'_>, why: &str) {
    console::error(&format!("the guest is not done: {why}"));
    console::note(&format!("{} ends with:", guest.console().display()));
    for line in guest.last_words() {
        console::note(&format!("  {line}"));
    }
}

/// The table of `docs/kernels.md`, and the total as the last line.
fn conclude(stages: &[Stage], trials: &[Trial]) -> ExitCode {
    console::heading("Kernels");
    let names: Vec<_> = stages.iter().map(|stage| stage.name.clone()).collect();
    console::result(&format!("| Kernel | {} |", names.join(" | ")));
    console::result(&format!("|---|{}", "---|".repeat(names.len())));
    for trial in trials {
        let cells: Vec<_> = trial.outcomes.iter().map(Outcome::shown).collect();
        let Image {
            version, release, ..
        } = &trial.image;
        console::result(&format!(
            "| {version} (`{release}`) | {} |",
            cells.join(" | ")
        ));
    }
    let tallies = trials
        .iter()
        .flat_map(|trial| &trial.outcomes)
        .map(Outcome::tally);
    let total = tallies.fold(Tally::default(), Tally::plus);
    console::note(&format!(
        "what guests said and left: {}",
        workspace::root().join("target/kernels").display()
    ));
    console::result(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed == 0 && total.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
