//! Manifests as people write them: files of YAML documents, each value with its line.

mod files;
mod find;
mod node;
mod place;
mod resource;

pub use files::{Source, read_sources};
pub use find::{Found, find_service};
pub use node::{Content, Node};
pub use place::{line_of, named};
pub use resource::{Kind, Manifest, Resource, SyntaxError};
