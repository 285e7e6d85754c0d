//! What clients and proxies share: a certificate, API keys with their records, and tokens with the key that proves them.

mod api_keys;
mod certificate;
mod tokens;
mod whole;

pub use api_keys::{ApiKeys, KEY_FIELD};
pub use certificate::{Alpn, Certificate, Resumption};
pub use tokens::Tokens;
pub use whole::{Credentials, Identity};
