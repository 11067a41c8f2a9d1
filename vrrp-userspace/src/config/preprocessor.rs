//! The part of keepalived's preprocessor that is recognised, so that it is never misread as keywords.

use std::{collections::BTreeSet, fmt};

/// Something only the preprocessor could answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// `include FILE` and its stricter forms.
    Include,
    /// `$NAME=value`
    Definition,
    /// `$NAME` or `${NAME}` of a variable that has a value.
    Variable,
    /// `~SEQ(…) text` and `~LST(…) text`
    Repetition,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Include => "including files",
            Self::Definition => "defining variables",
            Self::Variable => "using variables",
            Self::Repetition => "repeating lines",
        })
    }
}

/// The variables defined so far.
#[derive(Debug, Default)]
pub(super) struct Variables {
    names: BTreeSet<String>,
}

impl Variables {
    /// What the beginning of a line asks of the preprocessor; remembers the name that it defines.
    pub(super) fn directive(&mut self, code: &str) -> Option<Feature> {
        let code = code.trim_start();
        if let Some(name) = defined_name(code) {
            self.names.insert(name.to_owned());
            return Some(Feature::Definition);
        }
        if code.starts_with("~SEQ") || code.starts_with("~LST") {
            return Some(Feature::Repetition);
        }
        is_include(code).then_some(Feature::Include)
    }

    /// Whether `code` uses a variable that has a value. keepalived leaves the others as they are written, and so
    /// do we.
    pub(super) fn are_used_in(&self, code: &str) -> bool {
        code.match_indices('$')
            .any(|(at, _)| self.begins(&code[at + 1..]))
    }

    fn begins(&self, text: &str) -> bool {
        match text.strip_prefix('{') {
            Some(inner) => {
                let name = name_at(inner);
                let closes = inner[name.len()..].starts_with(['}', ' ', '\t']);
                closes && (self.names.contains(name) || PREDEFINED.contains(&name))
            }
            None => {
                let name = name_at(text);
                let ends = text[name.len()..].chars().next();
                let is_whole = ends.is_none_or(|next| next.is_whitespace() || ",)".contains(next));
                is_whole && self.names.contains(name)
            }
        }
    }
}

const PREDEFINED: [&str; 6] = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"];

/// `NAME` if `code` begins with `$NAME=`.
fn defined_name(code: &str) -> Option<&str> {
    let text = code.strip_prefix('$')?;
    let name = name_at(text);
    (!name.is_empty() && text[name.len()..].starts_with('=')).then_some(name)
}

/// The identifier that `text` begins with; may be empty.
fn name_at(text: &str) -> &str {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = text
        .find(|character| !is_part(character))
        .unwrap_or(text.len());
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        ""
    } else {
        &text[..end]
    }
}

fn is_include(code: &str) -> bool {
    let word = code.split([' ', '\t']).next().unwrap_or_default();
    let Some(letters) = word.strip_prefix("include") else {
        return false;
    };
    letters.chars().all(|letter| "rmwba".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_at_the_beginning_of_a_line() {
        let mut variables = Variables::default();
        assert_eq!(
            variables.directive("include conf.d/*.conf"),
            Some(Feature::Include)
        );
        assert_eq!(
            variables.directive("  includem a.conf"),
            Some(Feature::Include)
        );
        assert_eq!(variables.directive("include_check read"), None);
        assert_eq!(
            variables.directive("~SEQ(i, 1, 9) x"),
            Some(Feature::Repetition)
        );
        assert_eq!(
            variables.directive("$VIP=10.0.0.1"),
            Some(Feature::Definition)
        );
        assert_eq!(variables.directive("$VIP = 10.0.0.1"), None);
        assert_eq!(variables.directive("priority 100"), None);
    }

    #[test]
    fn only_a_variable_with_a_value_is_a_use() {
        let mut variables = Variables::default();
        variables.directive("$VIP=10.0.0.1");
        assert!(variables.are_used_in("10.0.0.0 $VIP"));
        assert!(variables.are_used_in("${VIP}/24"));
        assert!(variables.are_used_in("router_id ${_ENV HOSTNAME}"));
        assert!(!variables.are_used_in("$VIPS"));
        assert!(!variables.are_used_in("script \"/x $HOME\""));
        assert!(!variables.are_used_in("${INTERFACE:-eth0}"));
    }
}
