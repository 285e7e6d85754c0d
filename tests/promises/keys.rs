//! API keys: issued once, with scopes and an end, and revoked by deletion.

use anyhow::{Result, ensure};
use shipshape_tests::wait::until;

use super::Promise;
use super::world::{SOON, World};
use crate::quickstart::client;

pub const PROMISES: &[Promise] = &[
    ("a new key works, and works on when its Secret is taken away", a_new_key_works),
    ("an expired key is refused", an_expired_key_is_refused),
    ("deleting the ApiKey revokes the key", deletion_revokes),
    ("no record holds a key", no_record_holds_a_key),
];

fn manifest(name: &str, more: &str) -> String {
    format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiKey\nmetadata: {{name: {name}, namespace: demo}}\nspec:\n  serviceRef: {{name: quickstart}}\n{more}"
    )
}

fn status(world: &World, key: &str) -> Result<(u16, String)> {
    let answer = world.run(client(world)?.get("/headers", &[("x-api-key", key)]))?;
    Ok((answer.status, answer.code()))
}

fn becomes(world: &World, key: &str, wanted: u16, code: &str) -> Result<()> {
    let ask = || async {
        let answer = client(world)?.get("/headers", &[("x-api-key", key)]).await?;
        ensure!(answer.status == wanted && answer.code() == code, "it is {} {}", answer.status, answer.code());
        Ok(())
    };
    let (_, took) = world.run(until(&format!("{wanted} {code}"), SOON, ask))?;
    println!("measured: {wanted} {code} after {:.2} s", took.as_secs_f64());
    Ok(())
}

fn a_new_key_works(world: &World) -> Result<()> {
    world.cluster.apply(&manifest("second", "  owner: billing\n  scopes: [read, write]\n"))?;
    world.condition("akey second --namespace demo", "Ready", "True", None, SOON)?;
    let key = world.secret("demo", "second-api-key", "key")?;
    becomes(world, &key, 200, "")?;
    let seen = world.run(
        client(world)?
            .get("/headers", &[("x-api-key", &key), ("X_Shipshape_Subject", "root"), ("x-shipshape-scopes", "admin")]),
    )?;
    let headers = String::from_utf8_lossy(&seen.body).to_lowercase();
    ensure!(headers.contains("\"billing\"") && !headers.contains("root") && !headers.contains("admin"), "{headers}");
    ensure!(!headers.contains(&key), "the app received the key");
    world.kubectl("delete secret second-api-key --namespace demo")?;
    ensure!(status(world, &key)? == (200, String::new()), "the key ended with its Secret");
    Ok(())
}

fn an_expired_key_is_refused(world: &World) -> Result<()> {
    world.cluster.apply(&manifest("ended", "  expiresAt: 2020-01-01T00:00:00Z\n"))?;
    world.condition("akey ended --namespace demo", "Ready", "False", Some("Expired"), SOON)?;
    world.kubectl("delete akey ended --namespace demo")?;
    Ok(())
}

fn deletion_revokes(world: &World) -> Result<()> {
    world.cluster.apply(&manifest("third", ""))?;
    world.condition("akey third --namespace demo", "Ready", "True", None, SOON)?;
    let key = world.secret("demo", "third-api-key", "key")?;
    becomes(world, &key, 200, "")?;
    world.kubectl("delete akey third --namespace demo")?;
    becomes(world, &key, 401, "API_KEY_INVALID")
}

fn no_record_holds_a_key(world: &World) -> Result<()> {
    let key = crate::quickstart::key(world)?;
    let secret = key.rsplit('_').next().unwrap_or_default().to_owned();
    for shard in 0..8 {
        if let Ok(text) = world.secret("demo", &format!("quickstart-api-keys-{shard}"), "keys.json") {
            ensure!(!text.contains(&secret), "shard {shard} holds a key");
        }
    }
    let status = world.kubectl("get akey --namespace demo --output yaml")?;
    ensure!(!status.contains(&secret), "the status holds a key");
    let operator =
        world.kubectl("logs --namespace shipshape-system --selector app.kubernetes.io/name=shipshape --tail=-1")?;
    ensure!(!operator.contains(&secret), "the operator's log holds a key");
    Ok(())
}
