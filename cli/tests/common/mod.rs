//! Runs the real binary.

use std::path::{Path, PathBuf};
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

/// Compares with a file in `tests`; with UPDATE=1 in the environment the file is written instead.
pub fn assert_golden(name: &str, actual: &str) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::write(&file, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(actual, expected, "{name} differs: UPDATE=1 writes it anew");
}
