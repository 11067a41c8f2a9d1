//! The `xvrrpd` binary.
fn main() {}
