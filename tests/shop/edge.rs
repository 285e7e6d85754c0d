//! TLS, redirect, headers: what every answer of the bare app lacks.

use anyhow::{Result, ensure};
use shipshape_tests::http::Payload;

use super::Step;
use super::world::World;

pub const STEPS: &[Step] = &[
    ("tls-terminated", tls_terminated),
    ("http-redirects-301", http_redirects),
    ("security-headers-sent", security_headers_sent),
    ("wildcard-cors-removed", wildcard_cors_removed),
    ("cors-list", cors_list),
    ("cors-preflight", cors_preflight),
    ("health-pages-hidden", health_pages_hidden),
];

fn tls_terminated() -> Result<()> {
    let world = World::start()?;
    let (bare, protected) = world.both("/api/v1/products", &[])?;
    ensure!(bare.status == 200, "the bare shop serves plain HTTP: {}", bare.status);
    ensure!(protected.status == 200 && protected.body == bare.body, "the same page over TLS: {}", protected.status);
    Ok(())
}

fn http_redirects() -> Result<()> {
    let world = World::start()?;
    let answer = world.run(world.plain.get("/api/v1/products?page=2", &[]))?;
    ensure!(answer.status == 301, "{answer:?}");
    let location = answer.field("location").unwrap_or_default();
    ensure!(location.starts_with("https://localhost") && location.ends_with("/api/v1/products?page=2"), "{location}");
    Ok(())
}

fn security_headers_sent() -> Result<()> {
    const SENT: [&str; 12] = [
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "content-security-policy",
        "x-xss-protection",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "origin-agent-cluster",
        "x-dns-prefetch-control",
        "x-download-options",
        "x-permitted-cross-domain-policies",
    ];
    let world = World::start()?;
    let (bare, protected) = world.both("/api/v1/products", &[])?;
    let refusal = world.run(world.protected.get("/api/v1/uploads", &[]))?;
    ensure!(bare.field("x-powered-by") == Some("Express"), "{bare:?}");
    for name in SENT {
        ensure!(bare.field(name).is_none(), "the bare shop sends {name}");
        ensure!(
            protected.field(name).is_some() && refusal.field(name).is_some(),
            "{name} is missing: {protected:?} {refusal:?}"
        );
    }
    for name in ["server", "x-powered-by"] {
        ensure!(protected.field(name).is_none() && refusal.field(name).is_none(), "{name} is sent");
    }
    Ok(())
}

fn wildcard_cors_removed() -> Result<()> {
    let world = World::start()?;
    let origin = [("origin", "https://evil.example")];
    let (bare, protected) = world.both("/api/v1/products", &origin)?;
    ensure!(bare.field("access-control-allow-origin") == Some("*"), "{bare:?}");
    ensure!(protected.field("access-control-allow-origin").is_none(), "{protected:?}");
    ensure!((protected.status, protected.code()) == (403, "ORIGIN_DENIED".to_owned()), "{protected:?}");
    let asks = [origin[0], ("access-control-request-method", "GET")];
    let preflight =
        world.run(world.protected.send("OPTIONS", "/api/v1/products", &asks, Payload::Sized(Vec::new())))?;
    ensure!(preflight.field("access-control-allow-origin").is_none(), "{preflight:?}");
    Ok(())
}

/// The review's own two sites; whoever says no origin passes.
fn cors_list() -> Result<()> {
    let world = World::start()?;
    for origin in ["https://myapp.com", "https://admin.myapp.com"] {
        // One that anybody may read, and one that is refused without a key: a page must be able to read why.
        for (path, status) in [("/api/v1/products", 200), ("/api/v1/uploads", 401)] {
            let answer = world.run(world.protected.get(path, &[("origin", origin)]))?;
            ensure!(answer.status == status, "{path}: {answer:?}");
            ensure!(answer.field("access-control-allow-origin") == Some(origin), "{path}: {answer:?}");
            ensure!(answer.field("access-control-allow-credentials") == Some("true"), "{path}: {answer:?}");
        }
    }
    for origin in ["http://myapp.com", "https://evil.myapp.com", "https://myapp.com.evil.example", "null"] {
        let answer = world.run(world.protected.get("/api/v1/products", &[("origin", origin)]))?;
        ensure!(answer.status == 403 && answer.code() == "ORIGIN_DENIED", "{origin}: {answer:?}");
        ensure!(answer.field("access-control-allow-origin").is_none(), "{origin}: {answer:?}");
    }
    let answer = world.run(world.protected.get("/api/v1/products", &[]))?;
    ensure!(answer.status == 200, "without an origin: {answer:?}");
    Ok(())
}

fn cors_preflight() -> Result<()> {
    let world = World::start()?;
    let ask = |method: &str, headers: &str| {
        let fields = [
            ("origin", "https://myapp.com"),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ];
        world.run(world.protected.send("OPTIONS", "/api/v1/products", &fields, Payload::Sized(Vec::new())))
    };
    let granted = ask("DELETE", "content-type,authorization")?;
    ensure!(granted.status == 204, "{granted:?}");
    for (name, value) in [
        ("access-control-allow-methods", "GET, POST, PUT, DELETE"),
        ("access-control-allow-headers", "content-type, authorization, x-api-key"),
        ("access-control-max-age", "3600"),
    ] {
        ensure!(granted.field(name) == Some(value), "{name}: {granted:?}");
    }
    for (method, headers) in [("PATCH", ""), ("PUT", "x-evil")] {
        let refused = ask(method, headers)?;
        ensure!(refused.status == 403 && refused.code() == "ORIGIN_DENIED", "{method} {headers}: {refused:?}");
    }
    Ok(())
}

fn health_pages_hidden() -> Result<()> {
    let world = World::start()?;
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        let (bare, protected) = world.both(path, &[])?;
        ensure!(bare.status == 200, "{path}: {bare:?}");
        ensure!(protected.status == 404 && protected.code() == "NOT_FOUND", "{path}: {protected:?}");
    }
    Ok(())
}
