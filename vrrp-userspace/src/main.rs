//! The `xvrrpd` binary: see [`vrrp_userspace::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    vrrp_userspace::cli::main()
}
