//! Which kernel is meant, and which of those that there are is it? Pure.

use std::{fmt, str::FromStr};

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// `newest`: the highest version, but for candidates of a release.
    Newest,
    /// `5.10`, `6.12.117`: the highest version that begins with these numbers.
    Series(Vec<u32>),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == NEWEST {
            return Ok(Self::Newest);
        }
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        match numbers {
            Ok(numbers) if numbers.len() > 1 => Ok(Self::Series(numbers)),
            Ok(_) | Err(_) => Err(format!(
                "a kernel's version is like 5.10 or 6.12.117, or the word `{NEWEST}`"
            )),
        }
    }
}

const NEWEST: &str = "newest";

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest => f.write_str(NEWEST),
            Self::Series(numbers) => f.write_str(&dotted(numbers)),
        }
    }
}

/// A version as Debian writes it: `6.12.117-1`, `7.3~rc7-1~exp1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: Vec<u32>,
    text: String,
}

impl Version {
    /// Reads the numbers of the kernel off a package's version; `None` if it does not begin with two.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let numbers: Result<Vec<u32>, _> = text[..end].split('.').map(str::parse).collect();
        let numbers = numbers.ok().filter(|numbers| numbers.len() > 1)?;
        Some(Self {
            numbers,
            text: text.to_owned(),
        })
    }

    /// The whole of it, for apt.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the kernel is at least this one.
    pub(crate) fn is_since(&self, major: u32, minor: u32) -> bool {
        self.numbers.as_slice() >= [major, minor].as_slice()
    }

    fn is_candidate(&self) -> bool {
        self.text.contains("~rc")
    }

    fn is_of(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Newest => !self.is_candidate(),
            Wanted::Series(series) => self.numbers.starts_with(series),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dotted(&self.numbers))?;
        if self.is_candidate() {
            f.write_str(" (a candidate)")?;
        }
        Ok(())
    }
}

fn dotted(numbers: &[u32]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(".")
}

/// The one of `kernels` that is meant: of several the newest, of two alike the later in the list.
pub(crate) fn choose<'a, T>(
    kernels: &'a [T],
    version: impl Fn(&T) -> &Version,
    wanted: &Wanted,
) -> Option<&'a T> {
    let meant = kernels.iter().filter(|one| version(one).is_of(wanted));
    meant.max_by(|one, other| version(one).numbers.cmp(&version(other).numbers))
}

/// What can be had, as a sentence lists it: `5.10.223, 6.1.176`.
pub(crate) fn listed<'a>(versions: impl Iterator<Item = &'a Version>) -> String {
    let mut versions: Vec<_> = versions.collect();
    versions.sort_by(|one, other| one.numbers.cmp(&other.numbers));
    let mut versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
    versions.dedup();
    versions.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions() -> Vec<Version> {
        let texts = [
            "6.12.95-1~bpo12+1",
            "6.12.117-1",
            "6.1.176-1",
            "5.10.223-1",
            "7.3~rc7-1~exp1",
            "7.2.13-1",
        ];
        let versions: Option<Vec<_>> = texts.iter().map(|text| Version::parse(text)).collect();
        versions.unwrap()
    }

    fn chosen(wanted: &str) -> Option<String> {
        let versions = versions();
        let wanted = wanted.parse().unwrap();
        choose(&versions, |version| version, &wanted).map(|version| version.text().to_owned())
    }

    #[test]
    fn a_series_means_the_newest_kernel_that_begins_with_its_numbers() {
        assert_eq!(chosen("5.10").as_deref(), Some("5.10.223-1"));
        assert_eq!(chosen("6.12").as_deref(), Some("6.12.117-1"));
        assert_eq!(chosen("6.12.95").as_deref(), Some("6.12.95-1~bpo12+1"));
    }

    #[test]
    fn six_one_is_not_the_beginning_of_six_twelve() {
        assert_eq!(chosen("6.1").as_deref(), Some("6.1.176-1"));
        assert_eq!(chosen("5.1"), None);
    }

    #[test]
    fn the_newest_is_no_candidate_of_a_release() {
        assert_eq!(chosen("newest").as_deref(), Some("7.2.13-1"));
        assert_eq!(chosen("7.3").as_deref(), Some("7.3~rc7-1~exp1"));
    }

    #[test]
    fn what_is_no_version_is_refused_with_an_example() {
        for text in ["six", "6", "6.", "", "6.1-rc2", "latest", "-6.1", "6.1.x"] {
            let refused = text.parse::<Wanted>().unwrap_err();
            assert!(refused.contains("5.10"), "{text}: {refused}");
        }
        assert_eq!("6.1.0".parse(), Ok(Wanted::Series(vec![6, 1, 0])));
    }

    #[test]
    fn what_there_is_is_listed_from_old_to_new() {
        let versions = versions();
        let expected = "5.10.223, 6.1.176, 6.12.95, 6.12.117, 7.2.13, 7.3 (a candidate)".to_owned();
        assert_eq!(listed(versions.iter()), expected);
    }

    #[test]
    fn later_kernels_have_what_earlier_ones_had() {
        let since = |text| Version::parse(text).unwrap().is_since(5, 18);
        assert!(!since("5.10.223-1"));
        assert!(since("5.18-1") && since("5.18.2-1") && since("6.1.0-1"));
        assert_eq!(Version::parse("unstable"), None);
    }
}
