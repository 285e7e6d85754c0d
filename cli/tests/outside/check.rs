//! `shipshape check` says everything that is wrong, with lines, in every format.

use std::process::Command;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::binary::{shipshape, text};
use crate::golden::assert_golden;

const EXAMPLES: [&str; 4] = ["-f", "../../examples/quickstart", "-f", "../../examples/shop"];

#[test]
fn every_mistake_is_told_at_once_with_its_line_and_remedy() {
    let output = shipshape(&["check", "-f", "check/mistakes.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_golden("check/mistakes.txt", &text(&output));
}

#[test]
fn the_examples_are_sound() {
    let output = shipshape(&[&["check"][..], &EXAMPLES].concat());
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("0 errors"), "{}", text(&output));
}

#[test]
fn json_holds_what_the_text_says() {
    let report: Value =
        serde_json::from_slice(&shipshape(&["check", "-f", "check/mistakes.yaml", "-o", "json"]).stdout).unwrap();
    let findings: Vec<&Value> =
        report["resources"].as_array().unwrap().iter().flat_map(|one| one["findings"].as_array().unwrap()).collect();
    let port = findings.iter().find(|finding| finding["path"] == "spec.app.port").unwrap();
    assert_eq!((port["line"].as_u64(), port["severity"].as_str()), (Some(7), Some("Error")));
    let lines = text(&shipshape(&["check", "-f", "check/mistakes.yaml"]));
    assert_eq!(findings.len(), lines.lines().filter(|line| line.contains("check/mistakes.yaml:")).count());
}

#[test]
fn sarif_places_each_finding() {
    let log: Value =
        serde_json::from_slice(&shipshape(&["check", "-f", "check/mistakes.yaml", "-o", "sarif"]).stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 20, "{}", results.len());
    for result in results {
        assert!(rules.contains(&&result["ruleId"]), "{result}");
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()), "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "check/mistakes.yaml");
        assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{result}");
    }
}

#[test]
fn junit_counts_a_test_case_for_each_resource() {
    let arguments = [&["check", "-o", "junit", "-f", "check/mistakes.yaml"][..], &EXAMPLES].concat();
    let output = shipshape(&arguments);
    let (cases, failures) = counted(&text(&output));
    // Four resources with mistakes, and six of the examples without.
    assert_eq!((cases, failures), (10, 4), "{}", text(&output));
}

fn counted(xml: &str) -> (usize, usize) {
    let mut reader = Reader::from_str(xml);
    let (mut cases, mut failures) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                _ => {}
            },
            Event::Eof => return (cases, failures),
            _ => {}
        }
    }
}

#[test]
fn a_file_that_is_no_yaml_is_refused_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.yaml");
    std::fs::write(&file, "kind: ApiService\nspec: [\n").unwrap();
    for format in ["text", "json", "sarif", "junit"] {
        let output = shipshape(&["check", "-f", file.to_str().unwrap(), "-o", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(text(&output).contains("broken.yaml"), "{format}: {}", text(&output));
    }
}

#[test]
fn files_without_a_resource_of_ours_are_an_error_not_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.yaml");
    std::fs::write(&file, "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n").unwrap();
    let output = shipshape(&["check", "-f", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no ApiService"), "{output:?}");
}

#[test]
fn kubectl_gives_its_name_to_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("kubectl-shipshape");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_shipshape"), &plugin).unwrap();
    let output = Command::new(&plugin).arg("--help").output().unwrap();
    assert!(text(&output).contains("Usage: kubectl shipshape"), "{}", text(&output));
}
