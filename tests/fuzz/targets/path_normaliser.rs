//! Paths: what is accepted has one form, and reading that form again changes nothing.

use shipshape_crds::routing::{Matching, NormalPath};

/// The input is a request's path.
pub fn run(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    for matching in [Matching::Folded, Matching::Exact] {
        if let Ok(path) = NormalPath::parse(raw, matching) {
            judge(path.as_str(), matching);
            path.without_parameters().into_iter().for_each(|path| judge(path, matching));
        }
    }
    let accepted = |matching| NormalPath::parse(raw, matching).is_ok();
    assert_eq!(accepted(Matching::Folded), accepted(Matching::Exact), "both refuse the same");
}

fn judge(path: &str, matching: Matching) {
    assert!(path.starts_with('/'), "{path:?} is absolute");
    assert!(!path.chars().any(|letter| letter.is_control() || letter == '\\'), "{path:?} has no hidden bytes");
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    assert!(!path.split('/').any(is_dots), "{path:?} leads nowhere else");
    assert!(matching == Matching::Exact || !path.contains("//"), "{path:?} is folded");
    // A percent sign that was encoded is one now.
    if !path.contains('%') {
        let again = NormalPath::parse(path, matching).expect("a normal path is accepted");
        assert_eq!(again.as_str(), path, "reading it again changes nothing");
    }
}
