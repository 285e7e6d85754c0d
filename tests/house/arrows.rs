//! Where dependencies may point: sidecar and operator meet in one file, and the sidecar knows no Kubernetes.

use std::process::Command;

use shipshape_tests::repository::root;

fn tree(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", package, "-e", "normal", "--prefix", "none", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn depends(tree: &str, name: &str) -> bool {
    tree.lines().any(|line| line.split(' ').next() == Some(name))
}

#[test]
fn the_sidecar_knows_no_kubernetes() {
    let tree = tree("shipshape-sidecar");
    for name in ["kube", "kube-core", "k8s-openapi", "schemars", "shipshape-operator"] {
        assert!(!depends(&tree, name), "the sidecar depends on {name}");
    }
}

#[test]
fn operator_and_sidecar_never_import_each_other() {
    assert!(!depends(&tree("shipshape-operator"), "shipshape-sidecar"));
}

#[test]
fn the_api_types_are_pure() {
    let tree = tree("shipshape-crds");
    for name in ["tokio", "hyper", "kube-client", "fastrand"] {
        assert!(!depends(&tree, name), "crds depends on {name}");
    }
}

#[test]
fn one_crypto_backend() {
    for package in ["shipshape-sidecar", "shipshape-operator", "shipshape"] {
        let tree = tree(package);
        for name in ["ring", "openssl", "native-tls", "reqwest", "serde_yaml"] {
            assert!(!depends(&tree, name), "{package} depends on {name}");
        }
    }
}
