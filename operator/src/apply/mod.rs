//! Brings the cluster to what is desired: writes what differs, repairs what others changed, removes what is no more.

mod applied;
mod containment;
mod contested;
mod objects;
mod ownership;
mod prune;
mod replacement;
mod scale;
mod verdict;
mod write;

pub use self::{
    applied::{Applied, Failure},
    containment::contained,
    contested::Contests,
    objects::{Target, apply},
    ownership::{MANAGER, SCALE_MANAGER},
    verdict::{Verdict, judge},
};
