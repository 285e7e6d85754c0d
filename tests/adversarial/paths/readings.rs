//! How apps, and the libraries in front of them, read a path.

/// How apps and the libraries in front of them read a path: decoded once or twice, and folded.
pub fn readings(target: &str) -> impl Iterator<Item = String> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let once = decoded(path);
    let strict = folded(&once);
    // Some split off parameters before they decode, some behind; some take a backslash for a slash.
    let parameters_first = folded(&decoded(&without_parameters(path)));
    let windows = folded(&once.replace('\\', "/"));
    [strict, parameters_first, windows].into_iter()
}

/// As frameworks do: parameters of segments go, doubled slashes are one, dot segments are resolved, letters' case and
/// a slash at the end make no difference.
fn folded(path: &str) -> String {
    let path = without_parameters(path).to_lowercase();
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/"))
}

fn without_parameters(path: &str) -> String {
    path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect::<Vec<_>>().join("/")
}

/// Percent-decoded once; what is no encoding stays as it is.
fn decoded(path: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), path.as_bytes());
    while let [first, behind @ ..] = rest {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &behind[2..];
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether a path, as it was read, is the protected one or below it.
pub fn is_admin(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}
