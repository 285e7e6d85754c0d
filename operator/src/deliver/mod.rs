//! Delivery of a policy: each running pod is told to refresh what it mounts, and asked until it confirms.

mod ask;
mod round;
mod target;
mod tracker;

pub use self::{
    ask::{AskError, RevisionAnswer, ask},
    round::deliver,
    tracker::{Deliveries, Delivery, PodState},
};
