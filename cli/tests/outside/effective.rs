//! `shipshape effective` names the route of a request, and each value with where it was said.

use serde_json::Value;

use crate::binary::{shipshape, text};
use crate::golden::assert_golden;

const SHOP: &str = "../../examples/shop/apiservice.yaml";

fn asked(method: &str, path: &str) -> Value {
    let output = shipshape(&["effective", "-f", SHOP, "shop", method, path, "-o", "json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn value(effective: &Value, path: &str) -> (Value, String) {
    let all = effective["policy"].as_array().unwrap();
    let found = all.iter().find(|value| value["path"] == path).unwrap();
    (found["value"].clone(), found["source"].as_str().unwrap().to_owned())
}

#[test]
fn each_value_names_its_layer() {
    let login = asked("POST", "/api/v1/auth/login?next=/");
    assert_eq!(login["route"], "login");
    assert_eq!(value(&login, "sizes.body"), ("10Ki".into(), "spec.routes[login]".into()));
    assert_eq!(value(&login, "rateLimits[login].requests"), (5.into(), "spec.routes[login]".into()));
    assert_eq!(value(&login, "rateLimits[per-ip].requests"), (100.into(), "spec.policy".into()));
    assert_eq!(value(&login, "tls.redirect.status"), (301.into(), "spec.policy".into()));
    assert_eq!(value(&login, "tls.minVersion"), ("TLSv1.2".into(), "built-in".into()));
    assert_eq!(value(&login, "auth.mode"), ("None".into(), "spec.routes[login]".into()));
}

#[test]
fn the_most_specific_route_wins_whatever_the_spelling() {
    for (method, path, route) in [
        ("GET", "/API/v1//products/7/", "browse-products"),
        ("HEAD", "/api/v1/products", "browse-products"),
        ("DELETE", "/api/v1/products/7", "remove-products"),
        ("PUT", "/api/v1/products/7", "manage-products"),
    ] {
        assert_eq!(asked(method, path)["route"], route, "{method} {path}");
    }
    assert_eq!(asked("GET", "/forgotten")["route"], Value::Null);
    assert_eq!(value(&asked("GET", "/forgotten"), "access.anyScope").0, serde_json::json!(["admin"]));
}

#[test]
fn what_is_never_passed_on_says_so() {
    assert!(asked("GET", "/metrics")["refused"].as_str().unwrap().starts_with("404"));
    assert!(asked("GET", "/health/live")["refused"].as_str().unwrap().starts_with("404"));
    let hidden = asked("GET", "/a/%2e%2e/admin");
    assert!(hidden["refused"].as_str().unwrap().starts_with("400"));
    assert_eq!(hidden["policy"], serde_json::json!([]));
}

#[test]
fn people_get_a_table() {
    let output = shipshape(&["effective", "-f", SHOP, "shop", "post", "/api/v1/auth/login"]);
    assert_golden("effective/login.txt", &text(&output));
}

#[test]
fn an_unknown_service_is_told_with_those_that_are_there() {
    let output = shipshape(&["effective", "-f", SHOP, "shopp", "GET", "/"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are shop"), "{output:?}");
}

#[test]
fn without_a_cluster_the_error_says_what_to_do() {
    let output = shipshape(&["effective", "shop", "GET", "/"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("-f"), "{output:?}");
}
