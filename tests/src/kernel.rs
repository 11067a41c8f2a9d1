//! The kernel that everything runs on.

use rustix::system::uname;

/// Whether the kernel is older than this one; one whose version cannot be read is not.
#[must_use]
pub fn is_before(major: u32, minor: u32) -> bool {
    let release = uname().release().to_string_lossy().into_owned();
    let numbers = release.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<u32> = numbers.map_while(|one| one.parse().ok()).take(2).collect();
    numbers.len() == 2 && numbers < vec![major, minor]
}

/// Whether its verifier refuses the program to whoever lacks `CAP_PERFMON`.
#[must_use]
pub fn needs_perfmon() -> bool {
    is_before(6, 18)
}
