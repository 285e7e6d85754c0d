//! What the tests of the cluster share.

pub mod traces;
