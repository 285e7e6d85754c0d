//! What takes several steps to show.

use anyhow::Result;

use super::world::World;

/// Something that is shown in steps; it fails where a promise is not kept.
#[derive(Clone, Copy)]
pub struct Flow {
    /// The kind of promise.
    pub class: &'static str,
    /// The promise.
    pub name: &'static str,
    /// The rule that it stands on.
    pub rule: &'static str,
    /// Shows it.
    pub run: fn(&World) -> Result<()>,
}
