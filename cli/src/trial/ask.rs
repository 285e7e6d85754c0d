//! Asks everything in order, and notes what was answered.

use anyhow::{Context, bail};

use super::client::{Answer, Ask, Payload, Target};
use super::requests::{Case, Credential, cases};

/// How much of a limit must be left for the requests before it is tried, in requests.
const NEEDED: u32 = 5;
/// The most requests that are sent for one to be refused, as a multiple of the limit: several pods count apart.
const PODS: u32 = 8;

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The request as it is shown.
    pub shown: String,
    /// What is special about it.
    pub what: &'static str,
    /// The status.
    pub status: u16,
    /// The problem's code; empty where there is none.
    pub code: String,
    /// What else is worth knowing.
    pub note: String,
    /// What should have come, where something else did.
    pub expected: Option<String>,
}

/// A limit as `RateLimit-Policy` and `RateLimit` tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    quota: u32,
    window: u64,
    remaining: u32,
}

/// Everything, first over TLS, then on the plain port.
///
/// # Errors
/// When there is no answer at all.
pub async fn ask(https: &Target, http: &Target, credential: Credential<'_>) -> anyhow::Result<Vec<Outcome>> {
    let query = format!("/hello?api_key={}", credential.key);
    let mut outcomes = Vec::new();
    let mut accepted = 0;
    let mut quota = 0;
    for case in cases(credential, &query) {
        let answer = https.send(case.ask.clone()).await.with_context(|| case.shown.clone())?;
        if let Some(told) = told(&answer) {
            quota = told.quota;
            accepted = told.quota.saturating_sub(told.remaining);
        }
        outcomes.push(judged(case, &answer));
    }
    outcomes.push(over_the_rate(https, credential, quota, accepted).await?);
    outcomes.push(plain(http).await?);
    Ok(outcomes)
}

/// How long to wait until the limit has room again, in seconds, where the key was used a moment ago.
///
/// # Errors
/// When there is no answer.
pub async fn wait_needed(https: &Target, credential: Credential<'_>) -> anyhow::Result<Option<u64>> {
    let answer = https.send(hello(credential)).await?;
    let used = told(&answer).filter(|told| told.remaining < NEEDED && told.quota > NEEDED);
    Ok(used.map(|told| told.window.saturating_add(1)))
}

fn hello(credential: Credential<'_>) -> Ask<'_> {
    let headers = vec![(credential.header, credential.key.to_owned())];
    Ask { method: "GET", path: "/hello", headers, body: Payload::None }
}

fn judged(case: Case<'_>, answer: &Answer) -> Outcome {
    let Case { shown, what, ask: _, status, code } = case;
    let note = if answer.status < 400 { answer.text().trim().to_owned() } else { answer.problem("detail") };
    outcome(shown, what, answer, note, (status, code))
}

fn outcome(shown: String, what: &'static str, answer: &Answer, note: String, wanted: (u16, &str)) -> Outcome {
    let code = answer.problem("code");
    let is_as_expected = (answer.status, code.as_str()) == wanted;
    let expected = (!is_as_expected).then(|| format!("{} {}", wanted.0, wanted.1).trim().to_owned());
    Outcome { shown, what, status: answer.status, code, note, expected }
}

/// Asks until the limit refuses.
async fn over_the_rate(
    https: &Target,
    credential: Credential<'_>,
    quota: u32,
    mut accepted: u32,
) -> anyhow::Result<Outcome> {
    if quota == 0 {
        bail!("no answer tells of a limit in RateLimit-Policy: the policy needs one per client");
    }
    let mut connection = https.open().await?;
    for _ in 0..quota.saturating_mul(PODS) {
        if !connection.is_open() {
            connection = https.open().await?;
        }
        let answer = connection.send(hello(credential)).await?;
        if answer.status != 200 {
            let shown = format!("GET  /hello   {} in a minute", ordinal(accepted.saturating_add(1)));
            let note = format!("Retry-After: {}", answer.header("retry-after"));
            return Ok(outcome(shown, "over the rate", &answer, note, (429, "RATE_LIMITED")));
        }
        accepted = accepted.saturating_add(1);
    }
    bail!("{accepted} requests passed where {quota} are allowed")
}

async fn plain(http: &Target) -> anyhow::Result<Outcome> {
    let ask = Ask { method: "GET", path: "/hello", headers: Vec::new(), body: Payload::None };
    let answer = http.send(ask).await.context("http://…/hello")?;
    let location = answer.header("location").to_owned();
    let mut outcome = outcome("http://…/hello".to_owned(), "plain HTTP", &answer, format!("→ {location}"), (308, ""));
    if outcome.expected.is_none() && !location.starts_with("https://") {
        outcome.expected = Some("a Location with https://".to_owned());
    }
    Ok(outcome)
}

/// The limit that an answer tells of, if it tells of one.
fn told(answer: &Answer) -> Option<Told> {
    let number = |header: &str, name: &str| {
        let value = answer.header(header).split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.split(',').next()?.trim().parse::<u32>().ok())
    };
    Some(Told {
        quota: number("ratelimit-policy", "q")?,
        window: u64::from(number("ratelimit-policy", "w")?),
        remaining: number("ratelimit", "r")?,
    })
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::HeaderMap;

    use super::*;

    #[test]
    fn a_limit_is_read_from_its_fields() {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit-policy", r#""per-client";q=30;w=60"#.parse().unwrap());
        headers.insert("ratelimit", r#""per-client";r=28;t=2"#.parse().unwrap());
        let mut answer = Answer { status: 200, headers, body: Bytes::new() };
        assert_eq!(told(&answer), Some(Told { quota: 30, window: 60, remaining: 28 }));
        answer.headers.clear();
        assert_eq!(told(&answer), None);
    }

    #[test]
    fn numbers_are_spoken() {
        let spoken: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 31, 111].map(ordinal).into();
        assert_eq!(spoken, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "31st", "111th"]);
    }

    #[test]
    fn another_answer_than_expected_is_noted() {
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: Bytes::from_static(b"hello") };
        let outcome = outcome("GET /".into(), "no key", &answer, String::new(), (401, "API_KEY_MISSING"));
        assert_eq!(outcome.expected.as_deref(), Some("401 API_KEY_MISSING"));
    }
}
