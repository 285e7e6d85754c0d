//! What an `ApiService` says, how its layers merge, what is wrong with it, and what a sidecar is told of it.
//!
//! Pure: no clock, no randomness, no network, no runtime. In reading order:
//!
//! - [`text`]: checked words, such as durations and sizes, that every other type is made of
//! - [`policy`]: one type for all protections, used by the resource, its routes and the sidecar's file
//! - [`defaults`]: the built-in policy, each number with its reason
//! - [`merge`]: built-in < service < route, and where each value came from
//! - [`routing`]: one reading of a path, and the most specific route for it
//! - [`api`]: the Kubernetes resources (feature `kube`)
//! - [`validate`]: everything that is wrong with a resource, each with its field and remedy
//! - [`api_keys`]: how a key looks, how it is hashed and stored
//! - [`protocol`]: what the app speaks
//! - [`sidecar_config`] and [`compile`]: the file in which operator and sidecar meet

pub mod api;
pub mod api_keys;
pub mod compile;
pub mod defaults;
pub mod merge;
pub mod names;
pub mod policy;
pub mod protocol;
pub mod routing;
pub mod sidecar_config;
pub mod text;
pub mod validate;
