//! Tells the BPF linker how to fill memory.
//!
//! By default it has LLVM call `memset` even for a dozen zero bytes, and aya's `memset` is a loop over a pointer to the stack. The verifier
//! refuses that arithmetic to whoever lacks `CAP_PERFMON`, which this program must not need.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "bpf") {
        println!("cargo::rustc-link-arg-bins=--disable-expand-memcpy-in-order");
    }
}
