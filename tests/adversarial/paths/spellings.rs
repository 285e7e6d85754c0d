//! Spellings of `/admin`.

/// Paths that are open, though they look a little like it.
pub const OPEN: &[&str] = &["/other", "/administrator", "/a/dmin", "/x;admin", "/%61"];

/// What a segment could be called.
const WORDS: &[&str] = &[
    "admin",
    "Admin",
    "ADMIN",
    "aDmIn",
    "%61dmin",
    "%41dmin",
    "adm%69n",
    "admi%6e",
    "admi%6E",
    "%61%64%6d%69%6e",
    "%2561dmin",
    "ad%6Din",
    "admin;",
    "admin;x",
    "admin;x=y",
    "admin;x=/y",
    "admin%3bx",
    "admin%3Bx=y",
    ";admin",
    "admin%20",
    "admin.",
    "admin%2e",
    "admin%00",
    "%00admin",
    "admin%0a",
    "admin%0d",
    "admin%09",
    "admin+",
    "a\u{30}dmin",
    "ａｄｍｉｎ",
    "%c1%a1dmin",
    "admin%ef%bc%8f",
    "admin\\",
    "admin%5c",
    "ad\u{130}min",
];

/// What could stand before it.
const STARTS: &[&str] = &[
    "/",
    "//",
    "///",
    "/./",
    "/%2e/",
    "/%2E/",
    "/x/../",
    "/x/%2e%2e/",
    "/x/%2e./",
    "/x/.%2E/",
    "/x/..;/",
    "/x/..;a=b/",
    "/;/",
    "/;x/",
    "/%2f",
    "/%2F",
    "/%2f/",
    "/\\",
    "/%5c",
    "\\",
    "/x/..%2f",
    "/x%2f..%2f",
    "/x/..\\",
    "/x/..%5c",
    "/..",
    "/../",
    "/%20/",
    "/%09/",
    "/%2f%2f",
    "/x//../",
    "/x/%252e%252e/",
    "/.;/",
    "/%3b/",
    "/..%00/",
    "/...//",
    "http://localhost/",
    "http://localhost//",
    "https://localhost/",
    "http://localhost/x/../",
    "/%c0%af",
    "/%e0%80%af",
    "/%ef%bc%8f",
    "/?/../",
];

/// What could stand behind it.
const ENDS: &[&str] = &[
    "",
    "/",
    "//",
    "/x",
    "/.",
    "/..",
    "/x/..",
    "/%2e",
    ";",
    "/;x",
    "?",
    "?x=y",
    "#",
    "#x",
    "%2f",
    "%2fx",
    "/x%2f..",
    "\\x",
    "%23",
    "%3f",
    "/../other",
];

/// Every spelling of `/admin` and of something below it, in combinations, and some that are none.
pub fn spellings() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in WORDS {
        all.extend(STARTS.iter().map(|start| format!("{start}{word}")));
        all.extend(ENDS.iter().map(|end| format!("/{word}{end}")));
    }
    for start in STARTS {
        all.extend(ENDS.iter().map(|end| format!("{start}admin{end}")));
    }
    all.extend(OPEN.iter().map(|path| (*path).to_owned()));
    all.sort();
    all.dedup();
    all
}
