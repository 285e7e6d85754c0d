//! Certificates, API keys and peppers: what they are and when they are due; time and randomness are arguments.

mod api_key;
mod authority;
mod certificate;
mod error;
mod leaf;
mod moments;
mod own_certificate;
mod pepper;
mod private_key;
mod revision;
mod root;
mod schedule;
mod shards;

pub use api_key::{DELIVERY_KEY, NewApiKey, fingerprint};
pub use authority::Authority;
pub use error::CredentialError;
pub use leaf::{Leaf, LeafRequest, RenewalReason, server_names};
pub use own_certificate::{OwnCertificate, OwnPair};
pub use pepper::{current_pepper, first_peppers, pepper_data, read_peppers};
pub use private_key::PrivateKey;
pub use revision::{MountedFiles, revise};
pub use root::{Root, TrustedRoot};
pub use schedule::{Action, advance, due, next_due};
pub use shards::{Shards, shard};
