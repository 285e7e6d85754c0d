//! Every input of the fuzz targets' corpora once, without instrumentation, so that each build holds to what runs found.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use shipshape_tests::repository::root;

mod targets;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 10, "{} holds the seeds", folder.display());
    for path in files {
        let input = std::fs::read(&path).unwrap();
        // The name of the input is what the one who mends it needs first.
        let outcome = std::panic::catch_unwind(|| run(&input));
        assert!(outcome.is_ok(), "{} fails: see above", path.display());
    }
}

#[test]
fn heads_of_requests() {
    replay("request_head", targets::request_head::run);
}

#[test]
fn heads_of_answers() {
    replay("response_head", targets::response_head::run);
}

#[test]
fn chunked_bodies() {
    replay("chunked_decoder", targets::chunked_decoder::run);
}

#[test]
fn connections_as_hyper_reads_them() {
    replay("differential_hyper", targets::differential_hyper::run);
}

#[test]
fn paths() {
    replay("path_normaliser", targets::path_normaliser::run);
}

#[test]
fn configurations() {
    replay("config_file", targets::config_file::run);
}

/// Seeds are of no use where they are refused at once: of each kind some are taken.
#[test]
fn some_seeds_are_taken() {
    use shipshape_sidecar::wire::codec::{Asked, HeadLimits, parse_request, parse_response};
    let inputs = |target: &str| {
        let folder = root().join("tests/fuzz/corpus").join(target);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.collect::<Vec<_>>()
    };
    let limits = HeadLimits::default();
    let requests = inputs("request_head");
    let taken = requests.iter().filter(|input| matches!(parse_request(&input[2..], &limits, false), Ok(Some(_))));
    assert!(taken.count() >= 20);
    let answers = inputs("response_head");
    let taken =
        answers.iter().filter(|input| matches!(parse_response(&input[2..], &limits, Asked::Other), Ok(Some(_))));
    assert!(taken.count() >= 10);
    let configurations = inputs("config_file");
    let is_read =
        |input: &&Vec<u8>| serde_json::from_slice::<shipshape_crds::sidecar_config::SidecarConfig>(input).is_ok();
    assert!(configurations.iter().filter(is_read).count() >= 8);
}
