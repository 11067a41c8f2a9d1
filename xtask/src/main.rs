//! The project's own commands.

mod machine;
mod toolchain;

use std::path::Path;

fn main() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (choice, passed_over) = toolchain::choose(&machine::inspect(&workspace));
    for one in passed_over {
        eprintln!("{one}");
    }
    if let Some(choice) = choice {
        eprintln!("{} builds the XDP program", choice.candidate);
    }
}
