//! The document that every refusal carries (RFC 9457).

use serde_json::Value;

use super::message::Message;

/// Whether an answer is a refusal of the right shape; why not.
pub fn check(answer: &Message, to_head: bool) -> Result<(), String> {
    let shown = || format!("{} {}", answer.start, answer.body.escape_ascii());
    if answer.text("content-type") != Some("application/problem+json") {
        return Err(format!("no problem document: {}", shown()));
    }
    let id = answer.text("x-request-id").filter(|id| !id.is_empty()).ok_or("a refusal without X-Request-Id")?;
    if answer.text("content-length").is_none() {
        return Err("a refusal without Content-Length".to_owned());
    }
    // What some statuses must name (RFC 9110 sections 15.5.6 and 15.5.22).
    for (status, field) in [(405, "allow"), (426, "upgrade")] {
        if answer.status() == status && answer.all(field).next().is_none() {
            return Err(format!("{status} without {field}: {}", shown()));
        }
    }
    if to_head {
        return Ok(());
    }
    let document: Value = serde_json::from_slice(&answer.body).map_err(|_| format!("no JSON: {}", shown()))?;
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if !is_code(text("code")) || text("title").is_empty() || text("detail").is_empty() {
        return Err(format!("a document without code, title or detail: {}", shown()));
    }
    if document.get("status").and_then(Value::as_u64) != Some(u64::from(answer.status())) {
        return Err(format!("a document of another status: {}", shown()));
    }
    if text("requestId") != id {
        return Err(format!("a document of another request than {id}: {}", shown()));
    }
    Ok(())
}
