//! What a node's daemon judged on its raw path, as it says when it stops.

use super::Node;

impl Node {
    /// How often the raw path on `interface` counted `reason` in this life, which has ended; 0 if it never did.
    #[must_use]
    pub fn counted_on_the_raw_path(&self, interface: &str, reason: &str) -> u64 {
        let line = self.line_with(&[&format!("raw path on {interface}: ")]);
        line.and_then(|line| count(&line, reason)).unwrap_or(0)
    }
}

fn count(line: &str, reason: &str) -> Option<u64> {
    let (_, counted) = line.rsplit_once(": ")?;
    let mut counted = counted.split(", ").filter_map(|one| one.split_once(' '));
    let (_, count) = counted.find(|(name, _)| *name == reason)?;
    count.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stands_behind_its_reason() {
        let line = "Wed Nov 25 20:42:40 2026: raw path on eth0: accepted 12, ip_ttl 3, lost 1";
        let counts = ["accepted", "ip_ttl", "lost", "checksum"].map(|reason| count(line, reason));
        assert_eq!(counts, [Some(12), Some(3), Some(1), None]);
    }
}
