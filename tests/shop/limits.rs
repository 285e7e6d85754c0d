//! How much and how often: the review's figures, exactly.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Result, ensure};
use shipshape_tests::http::{Answer, Client, Payload};

use super::Step;
use super::world::{World, category, product};

pub const STEPS: &[Step] = &[
    ("rate-limit-per-ip", rate_limit_per_ip),
    ("rate-limit-per-user", rate_limit_per_user),
    ("rate-limit-headers-sent", rate_limit_headers_sent),
    ("login-limited", login_limited),
    ("body-limit-products", body_limit_products),
    ("body-limit-categories", body_limit_categories),
    ("body-limit-uploads", body_limit_uploads),
    ("body-limit-elsewhere", body_limit_elsewhere),
    ("body-limit-chunked", body_limit_chunked),
];

/// A path that no route opens: the app has no page there, and without a key nobody gets that far.
const CLOSED: &str = "/api/v1/uploads";
const LOGIN: &str = "/api/v1/auth/login";

fn statuses(world: &World, client: &Client, fields: &[(&str, &str)], times: usize) -> Result<Vec<Answer>> {
    (0..times).map(|_| world.run(client.get(CLOSED, fields))).collect()
}

fn limited(answer: &Answer) -> bool {
    answer.status == 429 && answer.code() == "RATE_LIMITED"
}

fn rate_limit_per_ip() -> Result<()> {
    let world = World::start()?;
    let answers = statuses(&world, &world.protected, &[], 101)?;
    let first = answers.iter().position(limited);
    ensure!(first == Some(100), "the first refusal is number {first:?}");
    let elsewhere = world.protected.from(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)));
    ensure!(!limited(&world.run(elsewhere.get(CLOSED, &[]))?), "another address is counted with the first");
    let bare = statuses(&world, &world.bare, &[], 101)?;
    ensure!(!bare.iter().any(limited), "the bare shop limits");
    Ok(())
}

fn rate_limit_per_user() -> Result<()> {
    let world = World::start()?;
    let fields = [("x-api-key", world.key("admin")?)];
    let answers = statuses(&world, &world.protected, &fields, 31)?;
    let first = answers.iter().position(limited);
    ensure!(first == Some(30), "the first refusal is number {first:?}");
    let elsewhere = world.protected.from(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 8)));
    ensure!(limited(&world.run(elsewhere.get(CLOSED, &fields))?), "another address frees the user");
    Ok(())
}

fn rate_limit_headers_sent() -> Result<()> {
    let world = World::start()?;
    let answers = statuses(&world, &world.protected, &[], 101)?;
    for answer in [&answers[0], &answers[100]] {
        ensure!(
            answer.field("ratelimit-policy").is_some_and(|field| field.contains("\"per-ip\";q=100;w=900")),
            "{answer:?}"
        );
        ensure!(answer.field("ratelimit").is_some_and(|field| field.contains("\"per-ip\";r=")), "{answer:?}");
        ensure!(answer.field("x-ratelimit-limit").is_none(), "the review wants no legacy fields: {answer:?}");
    }
    let wait: u64 = answers[100].field("retry-after").unwrap_or_default().parse()?;
    // The window of 15 minutes is counted in 16 parts, and the part that is used up has to leave it whole.
    ensure!((1..=900 + 900_u64.div_ceil(16)).contains(&wait), "Retry-After is {wait}");
    Ok(())
}

fn login_limited() -> Result<()> {
    let world = World::start()?;
    let guess = |client: &Client, n: usize| {
        let body = format!(r#"{{"email":"demo@shop.example","password":"guess {n}"}}"#);
        world.write(client, "POST", LOGIN, None, Payload::Sized(body.into_bytes()))
    };
    let bare: Vec<_> = (0..20).map(|n| guess(&world.bare, n)).collect::<Result<_>>()?;
    ensure!(bare.iter().all(|answer| answer.status == 401), "the bare shop limits guesses");
    let statuses: Vec<_> =
        (0..7).map(|n| guess(&world.protected, n).map(|answer| answer.status)).collect::<Result<_>>()?;
    ensure!(statuses == [401, 401, 401, 401, 401, 429, 429], "{statuses:?}");
    Ok(())
}

/// A body of the limit passes, and one byte more is refused; the bare app takes both.
fn edge(world: &World, path: &str, limit: usize, body: fn(usize) -> Payload) -> Result<()> {
    let key = Some(world.key("admin")?);
    let fits = world.write(&world.protected, "POST", path, key, body(limit))?;
    ensure!(fits.status == 201, "{path}: {limit} bytes: {fits:?}");
    let over = world.write(&world.protected, "POST", path, key, body(limit + 1))?;
    ensure!(over.status == 413 && over.code() == "BODY_TOO_LARGE", "{path}: one byte more: {over:?}");
    let bare = world.write(&world.bare, "POST", path, None, body(limit + 1))?;
    ensure!(bare.status == 201, "the bare shop refuses {} bytes: {bare:?}", limit + 1);
    Ok(())
}

fn body_limit_products() -> Result<()> {
    edge(&World::start()?, "/api/v1/products", 102_400, product)
}

fn body_limit_categories() -> Result<()> {
    edge(&World::start()?, "/api/v1/categories", 51_200, category)
}

fn body_limit_uploads() -> Result<()> {
    edge(&World::start()?, "/api/v1/uploads", 5 << 20, |bytes| Payload::Sized(vec![b'x'; bytes]))
}

fn body_limit_elsewhere() -> Result<()> {
    edge(&World::start()?, "/api/products", 51_200, product)
}

fn body_limit_chunked() -> Result<()> {
    let world = World::start()?;
    let chunked = |bytes| match product(bytes) {
        Payload::Sized(body) | Payload::Chunked(body) => Payload::Chunked(body),
    };
    let key = Some(world.key("admin")?);
    let fits = world.write(&world.protected, "POST", "/api/v1/products", key, chunked(102_400))?;
    ensure!(fits.status == 201, "{fits:?}");
    let over = world.write(&world.protected, "POST", "/api/v1/products", key, chunked(102_401))?;
    ensure!(over.status == 413 && over.code() == "BODY_TOO_LARGE", "{over:?}");
    Ok(())
}
