//! A web origin, exact or with one leading wildcard label, as a list of allowed origins names it.

use std::str::FromStr;

use super::hostname::Hostname;
use super::word::{WordError, word};

/// An origin of the web (RFC 6454): scheme, host, and a port where it is not the scheme's own; or `https://*.` and a
/// name for every host below it; or `*` for every origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    /// `None` for every origin.
    parts: Option<Parts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    /// `https://`, with what separates it from the host.
    scheme: String,
    host: Hostname,
    /// `:8443`, with what separates it from the host; empty for the scheme's own port.
    port: String,
}

word!(
    Origin,
    r"^(\*|[a-z][a-z0-9+.-]*://(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?)$",
    300,
    "An origin such as https://shop.example or http://localhost:3000, https://*.shop.example for every host below a \
     name, or * for every origin."
);

impl Origin {
    /// Whether every origin is meant.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.parts.is_none()
    }

    /// Whether an Origin field, as browsers write it, names an origin that is meant.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        let Some(Parts { scheme, host, port }) = &self.parts else { return true };
        let rest = origin.strip_prefix(scheme.as_str()).and_then(|rest| rest.strip_suffix(port.as_str()));
        rest.is_some_and(|rest| !rest.contains(':') && host.matches(rest))
    }

    /// The origin as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Origin {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        if text == "*" {
            return Ok(Self { text: text.to_owned(), parts: None });
        }
        let parts = parts(text).map_err(|why| WordError(format!("\"{text}\" is no origin: {why}")))?;
        Ok(Self { text: text.to_owned(), parts: Some(parts) })
    }
}

fn parts(text: &str) -> Result<Parts, String> {
    if text == "null" {
        return Err("every sandboxed page and local file has it: name real origins".to_owned());
    }
    let like = "write a scheme and a host, such as https://shop.example";
    let (scheme, rest) = text.split_once("://").ok_or(like)?;
    let is_scheme = |scheme: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte);
        scheme.starts_with(|first: char| first.is_ascii_lowercase()) && scheme.bytes().all(inner)
    };
    if !is_scheme(scheme) {
        return Err(like.to_owned());
    }
    if let Some(path) = rest.find('/') {
        return Err(format!("leave \"{}\" out: an origin has no path", rest.get(path..).unwrap_or_default()));
    }
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let host = host.parse::<Hostname>().map_err(|error| error.to_string())?;
    let port = match port {
        None => String::new(),
        Some(port) if port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port) => {
            // Browsers leave the scheme's own port out.
            if matches!((scheme, port), ("https", "443") | ("http", "80")) {
                return Err(format!("leave \":{port}\" out: browsers do"));
            }
            format!(":{port}")
        }
        Some(port) => return Err(format!("\"{port}\" is no port")),
    };
    Ok(Parts { scheme: format!("{scheme}://"), host, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_together() {
        let shop = origin("https://shop.example");
        assert!(shop.matches("https://shop.example"));
        for other in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil.example",
            "https://evilshop.example",
            "https://shop.example/",
            "https://SHOP.example",
            "shop.example",
            "null",
            "",
        ] {
            assert!(!shop.matches(other), "{other}");
        }
        assert!(origin("http://localhost:3000").matches("http://localhost:3000"));
        assert!(!origin("http://localhost:3000").matches("http://localhost"));
        assert!(origin("capacitor://localhost").matches("capacitor://localhost"));
    }

    #[test]
    fn a_wildcard_means_hosts_below_a_name_of_the_same_scheme_and_port() {
        let below = origin("https://*.shop.example");
        assert!(below.matches("https://a.shop.example") && below.matches("https://a.b.shop.example"));
        for other in [
            "https://shop.example",
            "https://evilshop.example",
            "http://a.shop.example",
            "https://a.shop.example:444",
            "https://evil.example:1.shop.example",
            "https://.shop.example:8",
        ] {
            assert!(!below.matches(other), "{other}");
        }
        assert!(origin("*").is_any() && origin("*").matches("https://any.example"));
    }

    #[test]
    fn what_no_browser_sends_is_refused_with_what_to_write() {
        for (text, why) in [
            ("null", "sandboxed"),
            ("shop.example", "scheme"),
            ("HTTPS://shop.example", "scheme"),
            ("https://shop.example/", "no path"),
            ("https://shop.example/a", "no path"),
            ("https://Shop.example", "lower case"),
            ("https://shop.example:443", "leave"),
            ("http://shop.example:80", "leave"),
            ("https://shop.example:0", "no port"),
            ("https://shop.example:99999", "no port"),
            ("https://*", "host name"),
            ("https://a.*.example", "host name"),
            ("", "scheme"),
        ] {
            let error = text.parse::<Origin>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
