//! The shop of the e-commerce review, with the faults that the review found.

mod app;
mod catalogue;
mod express;
mod login;
mod target;

pub use app::Shop;
