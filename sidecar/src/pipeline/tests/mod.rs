//! The pipeline with a client and an app in memory: each phase, and their order.

mod answers;
mod anything;
mod cors;
mod grpc;
mod identity;
mod limits;
mod order;
mod records;
mod requests;
