//! The host that a request names, in one spelling (RFC 3986 section 3.2, RFC 9110 section 7.2).

/// Reads `HOST[:PORT]` into lower case; `None` where it is anything else, as with user information or blanks.
pub(super) fn authority(text: &str) -> Option<String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(_) => {
            let (host, rest) = text.split_at_checked(text.find(']')? + 1)?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.filter(|port| !port.is_empty());
    if !is_host(host) || !port.is_none_or(is_port) {
        return None;
    }
    // A port is digits, and a colon without one is left out.
    let written = if port.is_some() { text } else { host };
    Some(written.to_ascii_lowercase())
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_or_none() {
        assert_eq!(authority("API.Shop.example").as_deref(), Some("api.shop.example"));
        assert_eq!(authority("a:8443").as_deref(), Some("a:8443"));
        assert_eq!(authority("a:").as_deref(), Some("a"));
        assert_eq!(authority("[::1]:80").as_deref(), Some("[::1]:80"));
        assert_eq!(authority("[::1]").as_deref(), Some("[::1]"));
        for text in ["", ":80", "a b", "u@a", "a:x", "a:99999", "a,b", "[::1", "[x]", "[::1]80", "a/b", "a:1:2", "a\\b"]
        {
            assert_eq!(authority(text), None, "{text}");
        }
    }
}
