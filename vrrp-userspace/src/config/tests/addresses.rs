//! What the addresses of several lines and instances mean together.

use super::*;

fn texts(addresses: &[VirtualAddress]) -> Vec<String> {
    addresses
        .iter()
        .map(|address| address.address.to_string())
        .collect()
}

/// C059+
#[test]
fn addresses_keep_their_order() {
    let instance =
        instance("virtual_ipaddress {\n 10.0.0.9\n 10.0.0.1/24 dev eth1 label eth1:1\n}");
    assert_eq!(texts(&instance.virtual_addresses), ["10.0.0.9", "10.0.0.1"]);
    assert_eq!(
        instance.virtual_addresses[1].label.as_deref(),
        Some("eth1:1")
    );
}

#[test]
fn one_address_per_line() {
    let (instance, said) = instance_despite("virtual_ipaddress { 10.0.0.1 10.0.0.2 }");
    assert_eq!(texts(&instance.virtual_addresses), ["10.0.0.1"]);
    assert_eq!(
        said,
        [
            "error: `virtual_ipaddress` takes one address per line; it is ignored, as keepalived does (write it on the next line)"
        ]
    );
}

#[test]
fn the_second_of_two_equal_addresses_is_ignored() {
    let (instance, said) = instance_despite(
        "virtual_ipaddress {\n 10.0.0.1\n 10.0.0.1/24\n 10.0.0.1 dev eth1\n}\n\
         virtual_ipaddress_excluded { 10.0.0.1 dev eth0 }",
    );
    assert_eq!(texts(&instance.virtual_addresses), ["10.0.0.1", "10.0.0.1"]);
    assert_eq!(instance.excluded_addresses, []);
    assert_eq!(said.len(), 2, "{said:?}");
}

/// C058-: The advert carries one family (RFC 9568 §5.2.9); what is excluded from it may be of the other.
#[test]
fn ipv6_beside_ipv4_is_left_out_of_the_advert_only() {
    let (instance, said) = instance_despite(
        "virtual_ipaddress {\n 10.0.0.1\n fe80::1\n}\nvirtual_ipaddress_excluded { ::2 }",
    );
    assert_eq!(texts(&instance.virtual_addresses), ["10.0.0.1"]);
    assert_eq!(texts(&instance.excluded_addresses), ["::2"]);
    assert_eq!(said.len(), 1, "{said:?}");
}

/// C060+
#[test]
fn what_does_not_fit_an_advert_is_excluded() {
    let lines = |third: u8| (0..150).map(move |last: u8| format!("10.0.{third}.{last}\n"));
    let all: String = lines(0).chain(lines(1)).collect();
    let (instance, said) = instance_despite(&format!(
        "virtual_ipaddress {{\n{all}}}\nvirtual_ipaddress_excluded {{ 10.9.9.9 }}"
    ));
    assert_eq!(
        (
            instance.virtual_addresses.len(),
            instance.excluded_addresses.len()
        ),
        (255, 46)
    );
    assert_eq!(
        instance.excluded_addresses[45].address.to_string(),
        "10.9.9.9"
    );
    assert_eq!(said.len(), 1, "{said:?}");
}
