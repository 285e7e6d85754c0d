//! What is known afterwards: ids, log lines and figures.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Step;
use super::world::World;

pub const STEPS: &[Step] = &[
    ("request-id-returned", request_id_returned),
    ("request-id-in-refusals", request_id_in_refusals),
    ("access-log-json", access_log_json),
    ("refusal-logged", refusal_logged),
    ("cors-denial-logged", cors_denial_logged),
    ("request-metrics", request_metrics),
];

fn request_id_returned() -> Result<()> {
    let world = World::start()?;
    let (bare, protected) = world.both("/api/v1/products", &[])?;
    ensure!(bare.field("x-request-id").is_none(), "{bare:?}");
    ensure!(protected.field("x-request-id").is_some_and(|id| id.len() == 26), "{protected:?}");
    Ok(())
}

fn request_id_in_refusals() -> Result<()> {
    let world = World::start()?;
    let refusal = world.run(world.protected.get("/api/v1/uploads", &[]))?;
    ensure!(
        refusal.status == 401 && refusal.member("requestId").as_str() == refusal.field("x-request-id"),
        "{refusal:?}"
    );
    Ok(())
}

/// The log line of a request, by its id.
fn line(world: &mut World, id: &str) -> Result<Value> {
    world.sidecar.line_where("its log line", |line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["requestId"] == id).then_some(line)
    })
}

fn access_log_json() -> Result<()> {
    let mut world = World::start()?;
    let answer = world.run(world.protected.get("/api/v1/products?token=hunter2", &[]))?;
    let id = answer.field("x-request-id").context("no id")?.to_owned();
    let line = line(&mut world, &id)?;
    ensure!(line["method"] == "GET" && line["status"] == 200, "{line}");
    ensure!(line["path"] == "/api/v1/products?token=[redacted]", "{line}");
    Ok(())
}

fn refusal_logged() -> Result<()> {
    let mut world = World::start()?;
    let answer = (0..101).map(|_| world.run(world.protected.get("/api/v1/uploads", &[]))).last().context("none")??;
    let id = answer.field("x-request-id").context("no id")?.to_owned();
    let line = line(&mut world, &id)?;
    ensure!(line["code"] == "RATE_LIMITED", "{line}");
    ensure!(line["field"] == "spec.policy.rateLimits[per-ip]", "{line}");
    ensure!(line["client"] == "127.0.0.1", "{line}");
    Ok(())
}

fn cors_denial_logged() -> Result<()> {
    let mut world = World::start()?;
    let answer = world.run(world.protected.get("/api/v1/products", &[("origin", "https://evil.example")]))?;
    let id = answer.field("x-request-id").context("no id")?.to_owned();
    let line = line(&mut world, &id)?;
    ensure!(line["code"] == "ORIGIN_DENIED" && line["field"] == "spec.policy.cors.allowOrigins", "{line}");
    ensure!(line["reason"] == "the page is of \"https://evil.example\"", "{line}");
    Ok(())
}

fn request_metrics() -> Result<()> {
    let world = World::start()?;
    world.run(world.protected.get("/api/v1/products/7", &[]))?;
    let answer = world.run(world.admin.get("/metrics", &[]))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let counted = text
        .lines()
        .any(|line| line.starts_with("shipshape_requests_total{") && line.contains("route=\"browse-products\""));
    ensure!(counted && !text.contains("/api/v1/products/7"), "{text}");
    Ok(())
}
