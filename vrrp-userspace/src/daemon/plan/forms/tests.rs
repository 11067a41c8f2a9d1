use super::*;
use crate::{
    config::{LoadOptions, MapSource, load},
    system::netlink::Obstacle,
};

const ETH0: &str = "eth0";

/// An instance on eth0 with `count` addresses, 10.0.0.0 and so on.
fn instance(head: &str, count: u16) -> String {
    let mut text = format!(
        "vrrp_instance A {{\n interface {ETH0}\n virtual_router_id 1\n {head}\n virtual_ipaddress_excluded {{\n"
    );
    for number in 0..count {
        let [high, low] = number.to_be_bytes();
        text += &format!(" 10.0.{high}.{low}\n");
    }
    text + " }\n virtual_ipaddress {\n 10.9.0.1\n }\n}\n"
}

fn plan(before: &Plan, text: &str, obstacles: &Obstacles) -> Plan {
    let source = MapSource::single("a.conf", text);
    let (config, _) = load(&source, "a.conf", &LoadOptions::default());
    before.next(&config, &|_| Some((0, 0)), &BTreeSet::new(), obstacles)
}

fn fresh(text: &str) -> Plan {
    plan(&Plan::default(), text, &Obstacles::new())
}

fn routes(plan: &Plan) -> Vec<IpAddr> {
    let all = plan.routers.values().flat_map(|router| &router.addresses);
    all.filter(|address| address.form == Form::Route)
        .map(|address| address.address)
        .collect()
}

#[test]
fn up_to_256_of_an_interface_are_addresses_and_the_others_are_routes() {
    assert_eq!(routes(&fresh(&instance("", 255))), [] as [IpAddr; 0]);
    assert_eq!(routes(&fresh(&instance("", 300))).len(), 45);
    let on_two = instance("", 255)
        + &instance("", 255)
            .replace(ETH0, "eth1")
            .replace("A {", "B {")
            .replace("10.", "11.");
    assert_eq!(routes(&fresh(&on_two)), [] as [IpAddr; 0]);
}

#[test]
fn one_more_over_a_reload_changes_no_other() {
    let before = fresh(&instance("", 256));
    let first = before.routers[&0].addresses[0].clone();
    let more = instance("", 256).replace(
        "virtual_ipaddress_excluded {\n",
        "virtual_ipaddress_excluded {\n 9.0.0.1\n",
    );
    let after = plan(&before, &more, &Obstacles::new());
    assert!(after.routers[&0].addresses.contains(&first));
    assert_eq!(routes(&before).len(), 1);
    assert_eq!(routes(&after).len(), 2);
    assert!(routes(&after).contains(&IpAddr::from([9, 0, 0, 1])));
}

#[test]
fn where_the_kernel_would_not_answer_nothing_is_a_route_unless_that_is_demanded() {
    let obstacles = Obstacles::from([(ETH0.to_owned(), Obstacle::ArpIgnore(1))]);
    let on = |head| routes(&plan(&Plan::default(), &instance(head, 300), &obstacles)).len();
    assert_eq!(on(""), 0);
    assert_eq!(on("vip_install route"), 301);
    assert_eq!(on("vip_install address"), 0);
}

#[test]
fn what_asks_for_an_address_is_one() {
    let with = |line: &str| {
        let text = instance("vip_install route", 2).replace(" 10.0.0.1\n", &format!(" {line}\n"));
        routes(&fresh(&text)).len()
    };
    assert_eq!(with("10.0.0.1"), 3);
    for line in [
        "10.0.0.1 label eth0:1",
        "10.0.0.1 brd 10.0.0.255",
        "10.0.0.1 scope link",
        // The first of its prefix: it brings the route to the others of it.
        "10.0.0.1/24",
    ] {
        assert_eq!(with(line), 2, "{line}");
    }
}

#[test]
fn an_address_on_two_interfaces_is_an_address_on_both() {
    let twice = instance("vip_install route", 2)
        + &instance("vip_install route", 1)
            .replace(ETH0, "eth1")
            .replace("A {", "B {")
            .replace("10.9.", "10.8.");
    let routes = routes(&fresh(&twice));
    let expected: Vec<IpAddr> = ["10.9.0.1", "10.0.0.1", "10.8.0.1"]
        .map(|text| text.parse().unwrap())
        .into();
    assert_eq!(routes, expected);
}
