//! One protection per file: made once from the policy, asked once per request; they send nothing and log nothing.

pub mod api_key;
pub mod authentication;
pub mod body_limit;
pub mod client_address;
pub mod cors;
pub mod head_limits;
pub mod host;
pub mod https_redirect;
pub mod rate_fields;
pub mod rate_limit;
pub mod request_fields;
pub mod request_id;
pub mod scopes;
pub mod security_headers;
