//! One reading of a request's path, and the most specific route that claims it.

mod method;
mod normal_path;
mod table;

pub use method::Method;
pub use normal_path::{Matching, NormalPath, PathError};
pub use table::{Conflict, RouteTable};
