//! Compares output with a file.

use std::path::{Path, PathBuf};

/// Compares with a file in `tests`; with UPDATE=1 in the environment the file is written instead.
pub fn assert_golden(name: &str, actual: &str) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::write(&file, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(actual, expected, "{name} differs: UPDATE=1 writes it anew");
}
