//! Runs the real binary.

use std::path::Path;
use std::process::{Command, Output};

/// The binary, told to run in this package's `tests` folder so that file names in its output are short.
pub fn shipshape(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shipshape"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
        .env_remove("KUBECONFIG")
        .output()
        .unwrap()
}

/// Its standard output as text.
pub fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
