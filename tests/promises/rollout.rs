//! A rolling restart under load loses no request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use shipshape_tests::http::Client;

use super::Promise;
use super::world::{PODS, World};

pub const PROMISES: &[Promise] = &[("a rolling restart under load loses no request", loses_nothing)];

/// How a service is asked while its pods are replaced.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// What is asked for.
    pub path: &'static str,
    /// How many ask at once, each on a new connection per request.
    pub clients: usize,
    /// The pause of each between two requests.
    pub pause: Duration,
}

#[derive(Default)]
struct Count {
    sent: AtomicU64,
    stop: AtomicBool,
}

fn loses_nothing(world: &World) -> Result<()> {
    let open = "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {name: rolling, namespace: demo}\nspec:\n  app: {image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello], env: [{name: PORT, value: '3000'}], health: {live: /health/live, ready: /health/ready}}\n  policy: {auth: {mode: None}}\n";
    world.cluster.apply(open)?;
    world.condition("apisvc rolling --namespace demo", "Ready", "True", None, PODS)?;
    let load = Load { path: "/slow?ms=30", clients: 4, pause: Duration::from_millis(20) };
    restart_under(world, "demo", "rolling", load)?;
    world.kubectl("delete apisvc rolling --namespace demo")?;
    Ok(())
}

/// Replaces every pod of a service under load; any answer but 200 is a loss.
pub fn restart_under(world: &World, namespace: &str, name: &str, load: Load) -> Result<()> {
    under_load(world, namespace, name, load, "rolling restart", || restart(world, namespace, name))
}

/// Does something with a service under load; any answer but 200 is a loss.
pub fn under_load(
    world: &World,
    namespace: &str,
    name: &str,
    load: Load,
    what: &str,
    act: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let client = world.client(namespace, name)?;
    let count = Arc::new(Count::default());
    let (sent, lost) = world.run(async {
        let clients: Vec<_> =
            (0..load.clients).map(|_| tokio::spawn(ask(client.clone(), load, Arc::clone(&count)))).collect();
        let done = tokio::task::block_in_place(act);
        count.stop.store(true, Ordering::Relaxed);
        let mut lost = Vec::new();
        for client in clients {
            lost.extend(client.await?);
        }
        done?;
        Ok::<_, anyhow::Error>((count.sent.load(Ordering::Relaxed), lost))
    })?;
    println!("measured: {what} of {name} under load: {sent} requests, {} lost", lost.len());
    ensure!(sent > 50, "only {sent} requests were sent");
    ensure!(lost.is_empty(), "{} of {sent} lost: {:#?}", lost.len(), lost.iter().take(5).collect::<Vec<_>>());
    Ok(())
}

fn restart(world: &World, namespace: &str, name: &str) -> Result<()> {
    world.kubectl(&format!("rollout restart deployment/{name} --namespace {namespace}"))?;
    world.kubectl(&format!("rollout status deployment/{name} --namespace {namespace} --timeout 180s"))?;
    Ok(())
}

async fn ask(client: Client, load: Load, count: Arc<Count>) -> Vec<String> {
    let mut lost = Vec::new();
    while !count.stop.load(Ordering::Relaxed) {
        count.sent.fetch_add(1, Ordering::Relaxed);
        match client.get(load.path, &[]).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => lost.push(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))),
            Err(error) => lost.push(format!("{error:#}")),
        }
        tokio::time::sleep(load.pause).await;
    }
    lost
}
