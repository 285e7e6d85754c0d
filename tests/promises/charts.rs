//! The charts install, test themselves, upgrade, and leave what people made.

use anyhow::{Result, ensure};

use super::Promise;
use super::world::{SYSTEM, World};

pub const PROMISES: &[Promise] = &[
    ("helm installs both charts and their test passes", installs),
    ("kubectl reaches our type by every name we print", names_resolve),
];

pub const LAST_PROMISES: &[Promise] = &[("an upgrade of the definitions keeps every resource", definitions_upgrade)];

/// Installs, or upgrades to what is here.
fn installs(world: &World) -> Result<()> {
    world.helm(&["upgrade", "--install", "shipshape-crds", "charts/shipshape-crds", "--wait"])?;
    let registry = std::env::var("REGISTRY").unwrap_or_else(|_| "shipshape.dev".into());
    let image = format!("image.registry={registry}");
    let line = [
        "upgrade",
        "--install",
        "shipshape",
        "charts/shipshape",
        "--namespace",
        SYSTEM,
        "--create-namespace",
        "--wait",
        "--timeout",
        "3m",
        "--set",
        &image,
        "--set",
        "image.tag=dev",
        "--set",
        "sidecar.image.tag=dev",
    ];
    world.helm(&line)?;
    let told = world.helm(&["test", "shipshape", "--namespace", SYSTEM, "--timeout", "2m"])?;
    ensure!(told.contains("Succeeded"), "{told}");
    Ok(())
}

fn names_resolve(world: &World) -> Result<()> {
    for name in ["apisvc", "apisvcs", "ship", "apikeys", "akey", "shipshape"] {
        world.kubectl(&format!("get {name} --all-namespaces"))?;
    }
    let told = world.kubectl("explain apisvc.spec.policy.rateLimits.window")?;
    ensure!(told.contains("from 1s to 31d"), "{told}");
    Ok(())
}

fn definitions_upgrade(world: &World) -> Result<()> {
    let before = world.get("apisvc --all-namespaces")?["items"].as_array().map_or(0, Vec::len);
    world.helm(&["upgrade", "shipshape-crds", "charts/shipshape-crds", "--wait", "--force-conflicts"])?;
    let after = world.get("apisvc --all-namespaces")?["items"].as_array().map_or(0, Vec::len);
    ensure!(before > 0 && before == after, "{before} services before, {after} after");
    Ok(())
}
