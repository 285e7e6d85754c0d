//! Which of the shop's resources a path means, as loosely as Express reads it.

/// A resource of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// All of one kind.
    List(Kind),
    /// One of a kind, by the identifier as it was written.
    One(Kind, String),
    /// The login.
    Login,
    /// Uploads, such as product imports.
    Uploads,
    /// Liveness.
    Live,
    /// Readiness.
    Ready,
    /// The state of everything, for anybody.
    Health,
    /// Internal figures, for anybody.
    Metrics,
}

/// What the shop keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something to buy.
    Product,
    /// A group of products.
    Category,
}

impl Target {
    /// The resource of a path, none for an unknown one. Letters' case and one trailing slash make no difference,
    /// and the version is optional: the shop has no strategy for versions.
    #[must_use]
    pub(super) fn of(path: &str) -> Option<Self> {
        let folded = path.to_ascii_lowercase();
        let folded = folded.strip_suffix('/').unwrap_or(&folded);
        let api = folded.strip_prefix("/api/v1").or_else(|| folded.strip_prefix("/api")).unwrap_or(folded);
        let is_api = api.len() < folded.len();
        let segments: Vec<&str> = api.split('/').skip(1).collect();
        match segments.as_slice() {
            ["products"] if is_api => Some(Self::List(Kind::Product)),
            ["products", id] if is_api => Some(Self::One(Kind::Product, (*id).to_owned())),
            ["categories"] if is_api => Some(Self::List(Kind::Category)),
            ["categories", id] if is_api => Some(Self::One(Kind::Category, (*id).to_owned())),
            ["auth", "login"] if is_api => Some(Self::Login),
            ["uploads"] if is_api => Some(Self::Uploads),
            ["health", "live"] if !is_api => Some(Self::Live),
            ["health", "ready"] if !is_api => Some(Self::Ready),
            ["health"] if !is_api => Some(Self::Health),
            ["metrics"] if !is_api => Some(Self::Metrics),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_express_takes_for_the_same() {
        for path in ["/api/v1/products", "/api/products", "/API/V1/Products/", "/api/v1/products/"] {
            assert_eq!(Target::of(path), Some(Target::List(Kind::Product)), "{path}");
        }
        assert_eq!(Target::of("/api/v1/categories/7"), Some(Target::One(Kind::Category, "7".into())));
        assert_eq!(Target::of("/api/v1/auth/login"), Some(Target::Login));
        assert_eq!(Target::of("/health/"), Some(Target::Health));
    }

    #[test]
    fn everything_else_is_unknown() {
        for path in
            ["/", "", "/products", "/api/v2/products", "/api/health", "/api/v1", "/api/v1/products/1/x", "//health"]
        {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }
}
