//! inspect: what the content holds. No protection looks into it yet; the proof stands where they will.

use super::meter::Metered;
use super::route::Routed;

/// A request that may reach the app. Its field is private: only [`inspect`] makes one, from the proof that every
/// phase before let it pass.
pub(super) struct Admitted<'r> {
    routed: Routed<'r>,
}

pub(super) fn inspect(metered: Metered<'_>) -> Admitted<'_> {
    Admitted { routed: metered.into_routed() }
}

impl<'r> Admitted<'r> {
    pub(super) fn into_routed(self) -> Routed<'r> {
        self.routed
    }
}
