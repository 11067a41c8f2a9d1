//! What the linker of the XDP program has to know.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_BPF").is_some() {
        // Else a key's padding is zeroed by a call of `memset`, whose loop over a pointer to the stack the verifier takes from
        // CAP_PERFMON alone.
        println!("cargo:rustc-link-arg-bins=--disable-expand-memcpy-in-order");
    }
}
