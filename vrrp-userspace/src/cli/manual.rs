//! `xvrrpd manual`: the manual pages, made from what the program knows of itself.
//!
//! Options and commands come from the definitions of the command line, keywords from the tables of the configuration, capabilities from
//! the table they are kept by. Only what none of those knows is written by hand, in [`sections`].

mod keywords;
mod sections;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Args, Command};
use clap_mangen::{Man, roff::Roff};

use super::command;

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder; it must exist.
    folder: PathBuf,
    /// The date that the pages bear.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    date: String,
}

/// The pages are for administrators.
const SECTION: &str = "8";

/// A page and the name of its file.
type Page = (String, Vec<u8>);

/// Writes every page into the folder.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    for (name, text) in pages(&arguments.date)? {
        let path = arguments.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The daemon's page, one for each command that is not hidden, and that of the configuration.
fn pages(date: &str) -> Result<Vec<Page>> {
    let mut whole = command().disable_help_subcommand(true);
    whole.build();
    let mut pages = vec![
        (format!("xvrrpd.{SECTION}"), daemon(&whole, date)?),
        ("xvrrpd.conf.5".to_owned(), keywords::page(date)?),
    ];
    for subcommand in whole.get_subcommands().filter(|one| !one.is_hide_set()) {
        let man = man(subcommand, date);
        let mut text = Vec::new();
        man.render(&mut text)?;
        pages.push((man.get_filename(), text));
    }
    Ok(pages)
}

fn man(command: &Command, date: &str) -> Man {
    Man::new(command.clone())
        .section(SECTION)
        .date(date)
        .manual("System Administration")
        .source(format!("xvrrpd {}", env!("CARGO_PKG_VERSION")))
}

/// The daemon's own page, with what the help only touches on told at length.
fn daemon(command: &Command, date: &str) -> Result<Vec<u8>> {
    let man = man(command, date);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    man.render_subcommands_section(&mut text)?;
    let mut roff = Roff::new();
    sections::write(&mut roff);
    roff.to_writer(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> String {
        let pages = pages("2026-01-31").unwrap();
        let (_, text) = pages.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8(text.clone()).unwrap()
    }

    #[test]
    fn every_command_that_is_not_hidden_has_a_page() {
        let pages = pages("").unwrap();
        let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for subcommand in command().get_subcommands() {
            let name = format!("xvrrpd-{}.8", subcommand.get_name());
            assert_eq!(
                names.contains(&name.as_str()),
                !subcommand.is_hide_set(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_daemons_page_names_its_options_its_commands_and_what_each_capability_is_for() {
        let page = page("xvrrpd.8");
        for part in [
            ".TH xvrrpd 8 2026-01-31",
            "use\\-file",
            "xvrrpd\\-check(8)",
            "CAP_NET_RAW",
            "send and hear adverts",
            "SIGTERM",
            "NOTIFY_SOCKET",
        ] {
            assert!(page.contains(part), "{part} is missing in:\n{page}");
        }
        for need in &crate::system::capabilities::NEEDS {
            assert!(page.contains(need.name), "{}", need.name);
        }
    }

    #[test]
    fn the_page_of_the_configuration_has_every_keyword() {
        let page = page("xvrrpd.conf.5").replace("\\-", "-");
        for row in crate::config::keywords::all() {
            assert!(page.contains(row.name), "{} {}", row.block, row.name);
        }
    }
}
