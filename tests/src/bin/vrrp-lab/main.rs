//! The laboratory, as a program.
fn main() {}
