//! Runs the target of its name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| shipshape_fuzz::differential_hyper::run(data));
