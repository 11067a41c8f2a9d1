//! A node's XDP program and maps, as `bpftool` shows them.
//!
//! Program and map ids are the whole kernel's, so the way to a node's own maps begins at its interface.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Node;

/// At least as many as a node of the lab has interfaces; the daemon numbers those it uses from zero.
const PORTS: u32 = 4;

/// The kernel's number for a program attached to a driver.
const XDP_ATTACHED_DRV: u64 = 1;

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

    /// Whether the program on an interface runs in the driver, before the kernel makes anything of a frame.
    ///
    /// # Panics
    ///
    /// If `ip` fails.
    #[must_use]
    pub fn xdp_is_native(&self, interface: &str) -> bool {
        let shown = self.machine.run(
            "ip",
            &["-json", "-details", "link", "show", "dev", interface],
        );
        json(&shown).pointer("/0/xdp/mode").and_then(Value::as_u64) == Some(XDP_ATTACHED_DRV)
    }

    /// Detaches the program of eth0 from every interface, behind its owner's back.
    ///
    /// # Panics
    ///
    /// If there is no such program, or if its links cannot be detached.
    #[track_caller]
    pub fn detach_xdp(&self) {
        let program = self.xdp_program("eth0").expect("a program is attached");
        let links = json(&self.bpftool(&["--json", "link", "show"]));
        let links = links.as_array().into_iter().flatten();
        let of_program =
            links.filter(|link| link.get("prog_id").and_then(Value::as_u64) == Some(program));
        let ids: Vec<_> = of_program
            .filter_map(|link| link.get("id")?.as_u64())
            .collect();
        for id in ids {
            // There is nothing to be read from it.
            drop(self.bpftool(&["link", "detach", "id", &id.to_string()]));
        }
    }

    /// The id of the map of this name that the program on eth0 uses; nothing if the program is gone before it is found.
    ///
    /// # Panics
    ///
    /// If `ip` fails.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<u64> {
        let show = |kind, id: u64| {
            let id = id.to_string();
            let arguments = ["--json", kind, "show", "id", &id];
            let shown = self.machine.output("bpftool", &arguments);
            json(&String::from_utf8_lossy(&shown.stdout))
        };
        let program = show("prog", self.xdp_program("eth0")?);
        let ids = program.get("map_ids")?.as_array()?.clone();
        ids.iter()
            .filter_map(Value::as_u64)
            .find(|id| show("map", *id).get("name").and_then(Value::as_str) == Some(name))
    }

    /// A map's contents as `bpftool map dump` shows them, without the elements of an array that are all zero.
    ///
    /// # Panics
    ///
    /// If there is no such map.
    #[must_use]
    #[track_caller]
    pub fn map_dump(&self, name: &str) -> String {
        let id = self.map(name).expect("the program on eth0 uses the map");
        let dump = json(&self.bpftool(&["map", "dump", "id", &id.to_string()]));
        let elements = dump.as_array().into_iter().flatten();
        let used = elements.filter(|element| !is_zero(&without_key(element)));
        used.map(|element| compact(element, 0))
            .collect::<Vec<_>>()
            .join(",\n")
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
        let dump = json(&self.bpftool(&["map", "dump", "id", &id.to_string()]));
        sum_of(&dump, field)
    }

    /// Every counter of this map, by the name of its field, summed over processors and the node's interfaces.
    ///
    /// Cheap enough to be asked for every second: it does not look for the map, and reads no more of it than is used. Nothing
    /// comes back if there is no such map any more.
    #[must_use]
    pub fn counters(&self, map: u64) -> Option<BTreeMap<String, u64>> {
        let lines: String = (0..PORTS)
            .map(|port| format!("map lookup id {map} key {port} 0 0 0\n"))
            .collect();
        let mut bpftool = Command::new("bpftool")
            .args(["batch", "file", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut input = bpftool.stdin.take()?;
        // If it does not read, it does not answer either.
        drop(input.write_all(lines.as_bytes()));
        drop(input);
        let output = bpftool.wait_with_output().ok()?;
        let elements = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
        let mut counters = BTreeMap::new();
        // The last line is for people and no JSON.
        for element in elements.map_while(Result::ok) {
            add_fields(&element, &mut counters);
        }
        (!counters.is_empty()).then_some(counters)
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

/// A value over as many lines as it has members that are no plain numbers.
fn compact(value: &Value, depth: usize) -> String {
    let is_plain = |value: &Value| !(value.is_array() || value.is_object());
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(members) => {
            let lines = members
                .iter()
                .map(|(name, member)| format!("{inner}\"{name}\": {}", compact(member, depth + 1)));
            format!("{{\n{}\n{outer}}}", lines.collect::<Vec<_>>().join(",\n"))
        }
        Value::Array(items) if !items.iter().all(is_plain) => {
            let lines = items
                .iter()
                .map(|item| format!("{inner}{}", compact(item, depth + 1)));
            format!("[\n{}\n{outer}]", lines.collect::<Vec<_>>().join(",\n"))
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            value.to_string()
        }
    }
}

/// An element of a dump but for its key and, in a per-CPU map, the processors' numbers.
fn without_key(element: &Value) -> Value {
    match element {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| !["key", "cpu"].contains(&name.as_str()));
            kept.map(|(name, inner)| (name.clone(), without_key(inner)))
                .collect()
        }
        Value::Array(items) => items.iter().map(without_key).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => element.clone(),
    }
}

/// Whether every number in it is zero.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_zero),
        Value::Object(members) => members.values().all(is_zero),
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// Adds up the numbers of a per-CPU element's values by their names.
fn add_fields(element: &Value, sums: &mut BTreeMap<String, u64>) {
    let values = element.pointer("/values").and_then(Value::as_array);
    let fields = values
        .into_iter()
        .flatten()
        .filter_map(|value| value.get("value")?.as_object())
        .flatten();
    for (name, number) in fields {
        *sums.entry(name.clone()).or_default() += number.as_u64().unwrap_or(0);
    }
}

/// The sum of the numbers named `field`, at whatever depth.
fn sum_of(value: &Value, field: &str) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(|item| sum_of(item, field)).sum(),
        Value::Object(members) => members
            .iter()
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

    /// As `bpftool` shows a per-CPU array whose values have a type.
    const DUMP: &str = r#"[
        {"key": 0, "values": [{"cpu": 0, "value": {"passed": 9, "ip_ttl": 2}},
                              {"cpu": 1, "value": {"passed": 1, "ip_ttl": 3}}]},
        {"key": 1, "values": [{"cpu": 0, "value": {"passed": 0, "ip_ttl": 0}},
                              {"cpu": 1, "value": {"passed": 0, "ip_ttl": 0}}]}]"#;

    #[test]
    fn an_element_is_zero_whatever_its_number() {
        let dump = json(DUMP);
        let zero: Vec<_> = dump.as_array().unwrap().iter().map(without_key).collect();
        assert_eq!(zero.iter().map(is_zero).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_counter_is_summed_over_processors() {
        let dump = json(DUMP);
        assert_eq!(sum_of(&dump, "ip_ttl"), 5);
        assert_eq!(sum_of(&dump, "unheard_of"), 0);
    }

    #[test]
    fn counters_are_added_up_by_name() {
        let mut sums = BTreeMap::new();
        for element in json(DUMP).as_array().unwrap() {
            add_fields(element, &mut sums);
        }
        let expected = [("ip_ttl".to_owned(), 5), ("passed".to_owned(), 10)];
        assert_eq!(sums, BTreeMap::from(expected));
    }
}
