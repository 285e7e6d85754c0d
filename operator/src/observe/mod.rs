//! Every read of a reconcile, and what came of it.

mod autoscaler;
mod live;
mod missing;
mod observed;
mod read;

pub use self::{
    autoscaler::Autoscaler,
    live::Live,
    missing::MissingSecret,
    observed::{Children, Observed, PepperFile},
    read::{Sources, observe},
};
