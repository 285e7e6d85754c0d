//! Apps that speak HTTP/2, as the pipeline sees them.

mod calls;
mod world;
