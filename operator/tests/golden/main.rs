//! What the operator makes of a service, compared with files that people read: `UPDATE=1` writes them anew.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of a test fail it by panicking")]

mod case;
mod coverage;
mod redact;

use case::{CASES, Case, repository};
use shipshape_operator::desired::desired;
use shipshape_operator::object::{KINDS, Object};

fn objects(case: &Case) -> Vec<Object> {
    desired(&case.sound).unwrap()
}

fn compare(name: &str, file: &str, made: &str) {
    let path = repository().join("tests/golden").join(name).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let line = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
    let line = line.unwrap_or_else(|| kept.lines().count().min(made.lines().count()));
    assert!(
        kept == made,
        "{name}/{file} differs from line {} on: kept {:?}, made {:?}; where it is meant, run the test with UPDATE=1",
        line + 1,
        kept.lines().nth(line),
        made.lines().nth(line),
    );
}

#[test]
fn what_is_made_is_what_was_read_and_approved() {
    for (name, folder) in CASES {
        let case = Case::read(folder);
        compare(name, "objects.yaml", &redact::objects(&objects(&case)));
        compare(name, "sidecar.json", &redact::sidecar(&case.sound.config));
    }
}

#[test]
fn the_same_service_makes_the_same_objects() {
    let case = Case::read("tests/golden/everything");
    assert_eq!(objects(&case), objects(&case));
}

#[test]
fn every_kind_made_is_in_the_table_and_every_kind_in_the_table_is_made() {
    let mut made: Vec<String> =
        objects(&Case::read("tests/golden/everything")).iter().map(|object| object.resource().kind.clone()).collect();
    made.sort();
    made.dedup();
    let mut known: Vec<&str> = KINDS.iter().map(|kind| kind.kind).collect();
    known.sort_unstable();
    assert_eq!(made, known);
}

#[test]
fn no_object_says_how_many_pods_run() {
    for (_, folder) in CASES {
        for object in objects(&Case::read(folder)) {
            assert_eq!(object.content().pointer("/spec/replicas"), None, "{object:?} of {folder}");
        }
    }
}

#[test]
fn what_is_mounted_is_what_the_configuration_names() {
    let case = Case::read("tests/golden/everything");
    let objects = objects(&case);
    let pod = objects.iter().find(|object| object.kind() == "Deployment").unwrap();
    let sources = pod.content().pointer("/spec/template/spec/volumes/0/projected/sources").unwrap();
    let paths: Vec<&str> = sources
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|source| source.pointer("/secret/items").unwrap().as_array().unwrap())
        .map(|item| item["path"].as_str().unwrap())
        .collect();
    let files = &case.sound.config.files;
    assert!(!files.api_keys.is_empty() && files.peppers.is_some(), "the case has keys");
    for path in files.digests.keys() {
        assert!(paths.contains(&path.as_str()), "{path} is not mounted");
    }
}
