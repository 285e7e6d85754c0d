//! The login: anyone may guess as often as they like, and is told how close the guess was.

use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::express::{Failure, Object, success};
use crate::answer::Body;

/// The only user.
const EMAIL: &str = "demo@shop.example";
/// The only user's password, no secret: it is in the example's README.
const PASSWORD: &str = "correct horse battery staple";

/// Answers a guess; the session cookie has none of the attributes that would protect it.
pub(super) fn login(given: &Object) -> Result<Response<Body>, Failure> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    if text("email") != Some(EMAIL) {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "No user with this email"));
    }
    if text("password") != Some(PASSWORD) {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "Wrong password"));
    }
    let mut answer = success(StatusCode::OK, &json!({"email": EMAIL, "role": "customer"}));
    answer.headers_mut().insert(SET_COOKIE, HeaderValue::from_static("connect.sid=demo; Path=/"));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(email: &str, password: &str) -> Result<StatusCode, StatusCode> {
        let given = [("email", email), ("password", password)].map(|(name, text)| (name.to_owned(), json!(text)));
        login(&given.into_iter().collect()).map(|answer| answer.status()).map_err(|failure| failure.status)
    }

    #[test]
    fn takes_the_demo_user_and_nobody_else() {
        assert_eq!(guess(EMAIL, PASSWORD), Ok(StatusCode::OK));
        assert_eq!(guess(EMAIL, "letmein"), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(guess("other@shop.example", PASSWORD), Err(StatusCode::UNAUTHORIZED));
    }
}
