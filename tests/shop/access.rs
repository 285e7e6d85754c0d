//! Who may write: nobody without a key, and not every key.

use anyhow::{Result, ensure};
use shipshape_tests::http::Payload;

use super::Step;
use super::world::{World, product};

pub const STEPS: &[Step] = &[
    ("write-without-key-refused", write_without_key_refused),
    ("wrong-key-refused", wrong_key_refused),
    ("write-without-scope-refused", write_without_scope_refused),
    ("write-with-scope-passes", write_with_scope_passes),
    ("delete-with-superadmin-passes", delete_with_superadmin_passes),
];

const PRODUCTS: &str = "/api/v1/products";

fn count(world: &World) -> Result<usize> {
    let answer = world.run(world.bare.get(PRODUCTS, &[]))?;
    Ok(answer.member("data").as_array().map_or(0, Vec::len))
}

fn write_without_key_refused() -> Result<()> {
    let world = World::start()?;
    let before = count(&world)?;
    for (method, path) in [("POST", PRODUCTS), ("PUT", "/api/v1/products/1"), ("DELETE", "/api/v1/products/1")] {
        let answer = world.write(&world.protected, method, path, None, product(200))?;
        ensure!(answer.status == 401 && answer.code() == "API_KEY_MISSING", "{method}: {answer:?}");
    }
    ensure!(count(&world)? == before, "something was written");
    let bare = world.write(&world.bare, "POST", PRODUCTS, None, product(200))?;
    ensure!(bare.status == 201, "the bare shop takes writes from anybody: {bare:?}");
    Ok(())
}

fn wrong_key_refused() -> Result<()> {
    let world = World::start()?;
    let answer = world.write(&world.protected, "POST", PRODUCTS, Some("secret"), product(200))?;
    ensure!(answer.status == 401 && answer.code() == "API_KEY_INVALID", "{answer:?}");
    let bare = world.write(&world.bare, "POST", PRODUCTS, Some("secret"), product(200))?;
    ensure!(bare.status == 201, "{bare:?}");
    Ok(())
}

fn write_without_scope_refused() -> Result<()> {
    let world = World::start()?;
    let customer = Some(world.key("customer")?);
    for path in [PRODUCTS, "/api/products"] {
        let answer = world.write(&world.protected, "POST", path, customer, product(200))?;
        ensure!(answer.status == 403 && answer.code() == "SCOPE_REQUIRED", "{path}: {answer:?}");
    }
    Ok(())
}

fn write_with_scope_passes() -> Result<()> {
    let world = World::start()?;
    let answer = world.write(&world.protected, "POST", PRODUCTS, Some(world.key("admin")?), product(200))?;
    ensure!(answer.status == 201, "{answer:?}");
    Ok(())
}

fn delete_with_superadmin_passes() -> Result<()> {
    let world = World::start()?;
    let superadmin = Some(world.key("superadmin")?);
    let deleted =
        world.write(&world.protected, "DELETE", "/api/v1/products/1", superadmin, Payload::Sized(Vec::new()))?;
    ensure!(deleted.status == 200, "{deleted:?}");
    let posted = world.write(&world.protected, "POST", PRODUCTS, superadmin, product(200))?;
    ensure!(posted.status == 403, "{posted:?}");
    Ok(())
}
