//! Plain HTTP is told to come back over TLS.

use shipshape_crds::policy::{self, Switch};

use crate::problem::{Code, Problem};
use crate::wire::{RequestHead, ResponseHead};

/// The ports that are listened on, which need not be those of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// TLS.
    pub https: u16,
    /// Plain HTTP.
    pub http: u16,
}

/// The redirect of plain HTTP to HTTPS.
#[derive(Debug, Clone, Copy)]
pub struct HttpsRedirect {
    status: u16,
    ports: Ports,
}

impl HttpsRedirect {
    /// The redirect of a policy; `None` where it is disabled.
    #[must_use]
    pub fn from_policy(policy: Option<&policy::Tls>, ports: Ports) -> Option<Self> {
        let redirect = policy.and_then(|tls| tls.redirect.as_ref());
        let disabled = redirect.and_then(|redirect| redirect.enforcement) == Some(Switch::Disabled);
        let status = redirect.and_then(|redirect| redirect.status).unwrap_or_default();
        (!disabled).then(|| Self { status: status.into(), ports })
    }

    /// Where a request that came in the clear has to go: the same host and target over TLS. A host with the number of
    /// our plain port was reached without a Service between, so the port becomes that of TLS; any other port is that
    /// of something in front, which serves TLS at its usual port.
    ///
    /// # Errors
    /// 400 where no host was named (HTTP/1.0), so that there is nowhere to send the client.
    pub fn answer(&self, head: &RequestHead) -> Result<ResponseHead, Problem> {
        let host = head.host();
        let named = !host.is_empty() && host.bytes().all(is_host_byte);
        if !named {
            return Err(Problem::new(Code::HostMissing, "Send the Host field, or ask over HTTPS."));
        }
        let port = head.authority.get(host.len()..).and_then(|rest| rest.strip_prefix(':'));
        let direct = port.and_then(|port| port.parse().ok()) == Some(self.ports.http) && self.ports.https != 443;
        let port = if direct { format!(":{}", self.ports.https) } else { String::new() };
        let mut answer = ResponseHead::new(self.status);
        answer.fields.set("location", format!("https://{host}{port}{}", head.target.raw()));
        answer.content_length = Some(0);
        Ok(answer)
    }
}

/// What a host can be made of; anything else must not get into a Location.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::head;

    fn redirect(tls: Value) -> Option<HttpsRedirect> {
        let tls = serde_json::from_value(tls).unwrap();
        HttpsRedirect::from_policy(Some(&tls), Ports { https: 8443, http: 8080 })
    }

    fn location(authority: &str) -> Result<String, Code> {
        let mut head = head("POST", "/a%20b?x=%2F", &[]);
        head.authority = authority.to_owned();
        let answer = redirect(json!({})).unwrap().answer(&head).map_err(|problem| problem.code())?;
        assert_eq!(answer.status, 308);
        Ok(answer.fields.text("location").unwrap().to_owned())
    }

    #[test]
    fn host_and_raw_target_are_kept_and_the_port_becomes_the_right_one() {
        assert_eq!(location("shop.example").as_deref(), Ok("https://shop.example/a%20b?x=%2F"));
        assert_eq!(location("shop.example:80").as_deref(), Ok("https://shop.example/a%20b?x=%2F"));
        assert_eq!(location("localhost:8080").as_deref(), Ok("https://localhost:8443/a%20b?x=%2F"));
        assert_eq!(location("[::1]:8080").as_deref(), Ok("https://[::1]:8443/a%20b?x=%2F"));
    }

    #[test]
    fn without_a_host_there_is_nowhere_to_go() {
        assert_eq!(location(""), Err(Code::HostMissing));
        assert_eq!(location("a/b"), Err(Code::HostMissing));
        assert_eq!(location("user@evil.example"), Err(Code::HostMissing));
    }

    #[test]
    fn the_policy_chooses_the_status_or_no_redirect() {
        assert_eq!(redirect(json!({"redirect": {"status": 301}})).map(|redirect| redirect.status), Some(301));
        assert!(redirect(json!({"redirect": {"enforcement": "Disabled"}})).is_none());
    }
}
