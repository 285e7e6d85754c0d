//! Writes a tar of chosen files that depends on their contents alone: sorted, owned by root, without times.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tar::{Builder, EntryType, Header};

/// A path inside of a tar and what lies there.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The path, absolute or not.
    pub path: String,
    /// What lies there.
    pub what: What,
}

/// The content of an [`Entry`].
#[derive(Debug, Clone)]
pub enum What {
    /// A file or folder of the host; a folder with all that is below.
    Host(PathBuf),
    /// A symbolic link.
    Link(PathBuf),
    /// A file with these bytes.
    Bytes(Vec<u8>),
}

enum Item {
    Dir,
    File { bytes: Vec<u8>, mode: u32 },
    Link(PathBuf),
}

/// The tar of `entries` and of the folders that lead to them. A later entry replaces an earlier one of the same path.
pub fn tar(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut items = BTreeMap::new();
    for entry in entries {
        let path = PathBuf::from(entry.path.trim_matches('/'));
        match &entry.what {
            What::Host(host) => collect(&resolve(host)?, &path, &mut items)?,
            What::Link(target) => insert(path, Item::Link(target.clone()), &mut items),
            What::Bytes(bytes) => insert(path, Item::File { bytes: bytes.clone(), mode: 0o644 }, &mut items),
        }
    }
    let mut builder = Builder::new(Vec::new());
    for (path, item) in &items {
        append(&mut builder, path, item).with_context(|| format!("cannot put {} into a tar", path.display()))?;
    }
    Ok(builder.into_inner()?)
}

/// What the caller names is followed; what lies inside of a named folder stays what it is.
fn resolve(host: &Path) -> Result<PathBuf> {
    fs::canonicalize(host).with_context(|| format!("cannot read {}", host.display()))
}

fn collect(host: &Path, path: &Path, items: &mut BTreeMap<PathBuf, Item>) -> Result<()> {
    let meta = fs::symlink_metadata(host).with_context(|| format!("cannot read {}", host.display()))?;
    if meta.is_symlink() {
        insert(path.to_path_buf(), Item::Link(fs::read_link(host)?), items);
    } else if meta.is_file() {
        let bytes = fs::read(host).with_context(|| format!("cannot read {}", host.display()))?;
        // Only the owner's right to execute is taken over, so that the caller's umask does not matter.
        let mode = if meta.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
        insert(path.to_path_buf(), Item::File { bytes, mode }, items);
    } else if meta.is_dir() {
        insert(path.to_path_buf(), Item::Dir, items);
        for child in fs::read_dir(host)? {
            let child = child?;
            collect(&child.path(), &path.join(child.file_name()), items)?;
        }
    } else {
        bail!("{} is neither a file, a folder nor a link", host.display());
    }
    Ok(())
}

fn insert(path: PathBuf, item: Item, items: &mut BTreeMap<PathBuf, Item>) {
    for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
        items.entry(parent.to_path_buf()).or_insert(Item::Dir);
    }
    items.insert(path, item);
}

fn append(builder: &mut Builder<Vec<u8>>, path: &Path, item: &Item) -> Result<()> {
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    match item {
        Item::Dir => {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(0o755);
            builder.append_data(&mut header, path, std::io::empty())?;
        }
        Item::File { bytes, mode } => {
            header.set_size(u64::try_from(bytes.len())?);
            header.set_mode(*mode);
            builder.append_data(&mut header, path, bytes.as_slice())?;
        }
        Item::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_links_and_modes_are_kept_in_order() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/tool"), b"x").unwrap();
        fs::set_permissions(dir.path().join("sub/tool"), fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink("tool", dir.path().join("sub/alias")).unwrap();
        let entries = [
            Entry { path: "/opt/x".into(), what: What::Host(dir.path().to_path_buf()) },
            Entry { path: "/bin/sh".into(), what: What::Link("/busybox".into()) },
        ];
        let bytes = tar(&entries).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let seen: Vec<(String, u32)> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.map(|e| (e.path().unwrap().display().to_string(), e.header().mode().unwrap())).unwrap())
            .collect();
        let want = [
            ("bin", 0o755),
            ("bin/sh", 0o777),
            ("opt", 0o755),
            ("opt/x", 0o755),
            ("opt/x/sub", 0o755),
            ("opt/x/sub/alias", 0o777),
            ("opt/x/sub/tool", 0o755),
        ];
        assert_eq!(seen, want.map(|(path, mode)| (path.to_owned(), mode)));
    }
}
