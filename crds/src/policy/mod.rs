//! One field for every protection: the type that a service, its routes and the sidecar's file share.

mod access;
mod allowance;
mod cors;
mod enforcement;
mod identity;
mod response;
mod shape;
mod source;
mod transport;
mod whole;

pub use access::Access;
pub use allowance::{Guarantee, Per, RateLimit, RateLimitFields};
pub use cors::Cors;
pub use enforcement::{Enforcement, Switch};
pub use identity::{ApiKeys, Auth, AuthMode};
pub use response::{HeaderField, HeaderMode, SecurityHeaders};
pub use shape::{BodyByType, BodyRate, Sizes, Timeouts};
pub use source::ClientAddress;
pub use transport::{CertificateRef, Hsts, Redirect, RedirectStatus, Tls, TlsProfile, TlsVersion};
pub use whole::Policy;
