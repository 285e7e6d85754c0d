//! Which files are meant by a file, a folder or standard input, and what is in them.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The endings of manifests in a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A file and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file's name as it was asked for; `-` is standard input.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Reads files, the manifests directly in folders, and `-` for standard input.
///
/// # Errors
/// When something cannot be read, or a folder holds no manifest.
pub fn read_sources(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input is no UTF-8 text")?;
            sources.push(Source { name: "-".to_owned(), text });
        } else if path.is_dir() {
            for file in manifests_in(path)? {
                sources.push(read(&file)?);
            }
        } else {
            sources.push(read(path)?);
        }
    }
    Ok(sources)
}

fn read(path: &Path) -> anyhow::Result<Source> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Ok(Source { name, text })
}

fn manifests_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = folder.display();
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read the folder {shown}"))? {
        let path = entry.with_context(|| format!("cannot read the folder {shown}"))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| ENDINGS.contains(&ending)) && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        anyhow::bail!("{shown} holds no .yaml, .yml or .json file: name a folder with manifests");
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_manifests_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b.yaml", "b: 1"), ("a.yml", "a: 1"), ("notes.txt", "no")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let sources = read_sources(&[folder.path().to_owned()]).unwrap();
        let texts: Vec<&str> = sources.iter().map(|source| source.text.as_str()).collect();
        assert_eq!(texts, ["a: 1", "b: 1"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_sources(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("holds no .yaml"), "{error}");
        let error = read_sources(&[folder.path().join("none.yaml")]).unwrap_err().to_string();
        assert!(error.contains("none.yaml"), "{error}");
    }
}
