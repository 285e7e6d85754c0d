//! Reading a resource from plain JSON, with the field that is wrong.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a resource cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ReadError {
    /// The field, such as `spec.app.port`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Reads a resource, or a part of one.
///
/// # Errors
/// The first field that cannot be read.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, ReadError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| ReadError { field: error.path().to_string(), message: error.into_inner().to_string() })
}
