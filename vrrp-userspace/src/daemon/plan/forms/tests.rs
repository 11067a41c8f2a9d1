use super::*;
use crate::config::{LoadOptions, MapSource, load};

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
    plan(&Plan::default(), text, &Obstacles::default())
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
    let after = plan(&before, &more, &Obstacles::default());
    assert!(after.routers[&0].addresses.contains(&first));
    assert_eq!(routes(&before).len(), 1);
    assert_eq!(routes(&after).len(), 2);
    assert!(routes(&after).contains(&IpAddr::from([9, 0, 0, 1])));
}

#[test]
fn where_the_kernel_would_not_answer_nothing_is_a_route_unless_that_is_demanded() {
    let mut obstacles = Obstacles::default();
    obstacles.note(ETH0, Family::Ipv4, Obstacle::ArpIgnore(1));
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

/// 2001:db8::1 and so on, beside the one that is advertised.
fn of_ipv6(head: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!(" {line}\n")).collect();
    format!(
        "vrrp_instance A {{\n interface {ETH0}\n virtual_router_id 1\n version 3\n {head}\n virtual_ipaddress_excluded {{\n{lines} }}\n \
         virtual_ipaddress {{\n fe80::5\n }}\n}}\n"
    )
}

fn in_db8(count: u16) -> impl Iterator<Item = String> {
    (1..=count).map(|number| format!("2001:db8::{number:x}"))
}

#[test]
fn ipv6_has_a_list_of_its_own() {
    let both = instance("", 255) + &of_ipv6("", in_db8(255)).replace("A {", "B {");
    assert_eq!(routes(&fresh(&both)), [] as [IpAddr; 0]);
    assert_eq!(routes(&fresh(&of_ipv6("", in_db8(300)))).len(), 45);
}

#[test]
fn ipv6_where_no_program_could_bind_has_routes_on_demand_alone() {
    let mut obstacles = Obstacles::default();
    obstacles.note(ETH0, Family::Ipv6, Obstacle::NonlocalBind);
    let on = |head| plan(&Plan::default(), &of_ipv6(head, in_db8(300)), &obstacles);
    assert_eq!(routes(&on("")).len(), 0);
    let kept = remarks(&on(""), &obstacles);
    assert!(
        matches!(&kept[..], [Remark::Kept(text)] if text.contains("all 301 virtual IPv6")),
        "{kept:?}"
    );
    assert_eq!(routes(&on("vip_install route")).len(), 300);
    let lame = remarks(&on("vip_install route"), &obstacles);
    assert!(
        matches!(&lame[..], [Remark::Lame(text)] if text.contains("no program can bind")),
        "{lame:?}"
    );
    let ipv4 = plan(&Plan::default(), &instance("", 300), &obstacles);
    assert_eq!(routes(&ipv4).len(), 45);
}

/// Without the first of a prefix there would be no route to it; without the link-local one nothing to speak from.
#[test]
fn of_ipv6_the_first_of_a_prefix_and_what_is_link_local_are_addresses() {
    let lines = [
        "2001:db8::1/64",
        "2001:db8::2/64",
        "2001:db8:0:1::1/64",
        "2001:db8::3",
        "fe80::6",
    ];
    let text = of_ipv6("vip_install route", lines.map(String::from).into_iter());
    let expected: Vec<IpAddr> = ["2001:db8::2", "2001:db8::3"]
        .map(|text| text.parse().unwrap())
        .into();
    assert_eq!(routes(&fresh(&text)), expected);
}
