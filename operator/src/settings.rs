//! What holds for every service of one installation.

use std::time::Duration;

use shipshape_crds::api::PullPolicy;

/// What holds for every service of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The sidecar's image.
    pub sidecar_image: String,
    /// When it is pulled; Kubernetes' own default where it is not said.
    pub sidecar_pull_policy: Option<PullPolicy>,
    /// Secrets, in each service's namespace, with credentials for the sidecar's image.
    pub sidecar_pull_secrets: Vec<String>,
    /// Where the operator runs and keeps its certificate authority.
    pub namespace: String,
    /// The end of every Service's name, usually `cluster.local`.
    pub cluster_domain: String,
    /// How long certificates live.
    pub lifetimes: Lifetimes,
}

/// How long certificates live; each is renewed at two thirds of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A root of the built-in authority.
    pub root: Duration,
    /// A service's certificate.
    pub leaf: Duration,
    /// How long a new root is published in every trust bundle before it signs.
    pub publish: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            // Short enough that a change of roots is routine, and is seen to work, within the first year.
            root: Duration::from_secs(365 * DAY),
            // There is no revocation: a stolen key is worth this long. Renewed every 20 days without a dropped
            // connection, and the operator may be away for ten.
            leaf: Duration::from_secs(30 * DAY),
            // A copy of the bundle that was made by hand has two months to be renewed. Of the third of a root's life
            // that is left when its successor is published, this leaves as much again for the last certificates.
            publish: Duration::from_secs(60 * DAY),
        }
    }
}
