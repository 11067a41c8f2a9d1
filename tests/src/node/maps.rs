//! A node's XDP program and maps, as `bpftool` shows them.
//!
//! Program and map ids are the whole kernel's, so the way to a node's own maps begins at its interface.

use serde_json::Value;

use super::Node;

impl Node {
    /// The id of the XDP program on an interface, if there is one.
    ///
    /// # Panics
    ///
    /// If `ip` fails.
    #[must_use]
    pub fn xdp_program(&self, interface: &str) -> Option<u64> {
        let shown = self.machine.run(
            "ip",
            &["-json", "-details", "link", "show", "dev", interface],
        );
        json(&shown).pointer("/0/xdp/prog/id")?.as_u64()
    }

    /// The id of the map of this name that the program on eth0 uses.
    ///
    /// # Panics
    ///
    /// If `bpftool` fails.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<u64> {
        let program = self.xdp_program("eth0")?.to_string();
        let shown = json(&self.bpftool(&["--json", "prog", "show", "id", &program]));
        let ids = shown.get("map_ids")?.as_array()?.clone();
        ids.iter().filter_map(Value::as_u64).find(|id| {
            let map = json(&self.bpftool(&["--json", "map", "show", "id", &id.to_string()]));
            map.get("name").and_then(Value::as_str) == Some(name)
        })
    }

    /// A map's contents as `bpftool map dump` shows them.
    ///
    /// # Panics
    ///
    /// If there is no such map.
    #[must_use]
    #[track_caller]
    pub fn map_dump(&self, name: &str) -> String {
        let id = self.map(name).expect("the program on eth0 uses the map");
        self.bpftool(&["map", "dump", "id", &id.to_string()])
    }

    /// The sum over all processors of one field of `COUNTERS`.
    ///
    /// # Panics
    ///
    /// If there is no such map.
    #[must_use]
    #[track_caller]
    pub fn counter(&self, field: &str) -> u64 {
        let id = self.map("COUNTERS").expect("the program on eth0 counts");
        let dump = json(&self.bpftool(&["--json", "map", "dump", "id", &id.to_string()]));
        sum_of(&dump, field)
    }

    /// Runs `bpftool` on the node.
    #[track_caller]
    #[must_use]
    pub fn bpftool(&self, arguments: &[&str]) -> String {
        self.machine.run("bpftool", arguments)
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// The sum of the numbers named `field` in the typed part of a dump, at whatever depth.
fn sum_of(value: &Value, field: &str) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(|item| sum_of(item, field)).sum(),
        Value::Object(members) => members
            .iter()
            // Beside `formatted`, a dump repeats everything as bytes.
            .map(|(name, inner)| match inner.as_u64() {
                Some(number) if name == field => number,
                _ => sum_of(inner, field),
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_summed_over_processors() {
        let dump = json(
            r#"[{"key":["0x00"],"values":[{"cpu":0,"value":["0x02"]}],
                 "formatted":{"key":0,"values":[{"cpu":0,"value":{"passed":9,"ip_ttl":2}},
                                                {"cpu":1,"value":{"passed":1,"ip_ttl":3}}]}}]"#,
        );
        assert_eq!(sum_of(&dump, "ip_ttl"), 5);
        assert_eq!(sum_of(&dump, "unheard_of"), 0);
    }
}
