//! One protection per file: made once from the policy, asked once per request; they send nothing and log nothing.

pub mod api_key;
