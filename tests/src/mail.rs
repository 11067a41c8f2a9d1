//! A mail as the SMTP server of a node stored it.

use std::fs;
use std::path::Path;

/// One received mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The headers in the order they came, continued lines joined.
    pub headers: Vec<(String, String)>,
    /// Everything behind the first empty line, with `\n` for line ends.
    pub body: String,
}

impl Mail {
    /// Reads a mail as it is stored.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.lines() {
            match (line.strip_prefix([' ', '\t']), line.split_once(':')) {
                (Some(more), _) => {
                    if let Some((_, value)) = headers.last_mut() {
                        value.push(' ');
                        value.push_str(more.trim());
                    }
                }
                (None, Some((name, value))) => {
                    headers.push((name.to_owned(), value.trim().to_owned()));
                }
                (None, None) => {}
            }
        }
        Self {
            headers,
            body: body.to_owned(),
        }
    }

    /// A header's value; the name's case does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.header("Subject").unwrap_or_default()
    }
}

/// The mails of a Maildir, in the order they arrived.
#[must_use]
pub fn read_maildir(folder: &Path) -> Vec<Mail> {
    read_maildir_after(folder, 0)
}

/// The same without the first `seen`, which are not read.
#[must_use]
pub fn read_maildir_after(folder: &Path, seen: usize) -> Vec<Mail> {
    let Ok(entries) = fs::read_dir(folder.join("new")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_by_key(|path| arrival(path));
    let new = paths.get(seen..).unwrap_or_default().iter();
    new.filter_map(|path| fs::read(path).ok())
        .map(|bytes| stored(&bytes))
        .collect()
}

fn stored(bytes: &[u8]) -> Mail {
    Mail::parse(&String::from_utf8_lossy(bytes))
}

/// The order in a Maildir: seconds, then the server's running number, as in `1700000000.M12P34Q5.node`.
fn arrival(path: &Path) -> (u64, u64, u64) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut numbers = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty());
    let mut next = || {
        numbers
            .next()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0)
    };
    let (seconds, micros, _pid) = (next(), next(), next());
    (seconds, micros, next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_its_headers_in_order_and_its_body() {
        let mail = Mail::parse(
            "From: a@test.com\r\nSubject: [n] state\r\nTo: x@test.com,\r\n y@test.com\r\n\r\n=> body <=\r\n",
        );
        let names: Vec<_> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["From", "Subject", "To"]);
        assert_eq!(mail.subject(), "[n] state");
        assert_eq!(mail.header("to"), Some("x@test.com, y@test.com"));
        assert_eq!(mail.body, "=> body <=\n");
    }

    #[test]
    fn the_tenth_mail_of_a_second_comes_after_the_ninth() {
        let ninth = arrival(Path::new("1700000000.M100P34Q9.r1"));
        let tenth = arrival(Path::new("1700000000.M200P34Q10.r1"));
        assert!(ninth < tenth);
    }
}
