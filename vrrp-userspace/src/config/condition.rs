//! `@id text` and `@^id text`: lines for some routers only.

/// The names this process answers to.
#[derive(Debug, Clone)]
pub(super) struct ConfigIds {
    given: Option<String>,
}

/// Always ours, so that one file can hold lines that keepalived skips.
const OURS: &str = "xvrrpd";

impl ConfigIds {
    pub(super) const fn new(given: Option<String>) -> Self {
        Self { given }
    }

    fn contains(&self, id: &str) -> bool {
        id == OURS || self.given.as_deref() == Some(id)
    }
}

/// A condition in front of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// Whether the line is for us.
    pub(super) holds: bool,
    /// Bytes before the text it guards.
    pub(super) length: usize,
}

impl Condition {
    /// Reads the condition `code` begins with, if it begins with one.
    ///
    /// keepalived: the whole word is compared, exactly; `^` reverses the answer.
    pub(super) fn read(code: &str, ids: &ConfigIds) -> Option<Self> {
        let blanks = code.len() - code.trim_start().len();
        let condition = code[blanks..].strip_prefix('@')?;
        let (is_reversed, id) = match condition.strip_prefix('^') {
            Some(id) => (true, id),
            None => (false, condition),
        };
        let id = id.split(char::is_whitespace).next().unwrap_or_default();
        let length = blanks + 1 + usize::from(is_reversed) + id.len();
        Some(Self {
            holds: ids.contains(id) != is_reversed,
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(code: &str) -> Option<bool> {
        Condition::read(code, &ConfigIds::new(Some("lb1".into()))).map(|condition| condition.holds)
    }

    #[test]
    fn a_line_is_kept_for_its_host_and_for_us() {
        assert_eq!(holds("@lb1 priority 100"), Some(true));
        assert_eq!(holds("  @lb2 priority 100"), Some(false));
        assert_eq!(holds("@lb priority 100"), Some(false));
        assert_eq!(holds("@xvrrpd xdp_mode native"), Some(true));
        assert_eq!(holds("priority 100"), None);
    }

    #[test]
    fn a_caret_reverses_the_condition() {
        assert_eq!(holds("@^lb1 priority 100"), Some(false));
        assert_eq!(holds("@^lb2 priority 100"), Some(true));
        assert_eq!(holds("@^xvrrpd use_vmac"), Some(false));
    }

    #[test]
    fn the_guarded_text_begins_after_the_condition() {
        let condition = Condition::read("\t@^lb1 priority 100", &ConfigIds::new(None)).unwrap();
        assert_eq!(condition.length, "\t@^lb1".len());
    }
}
