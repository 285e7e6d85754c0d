//! The codec as a whole: tables of legal and illegal messages, laws that hold for all, and the judgement of others.

mod bodies;
mod legal;
mod oracle_httparse;
mod oracle_hyper;
mod requests;
mod responses;
mod round_trips;
mod samples;
mod splits;
