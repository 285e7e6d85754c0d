//! A rolling restart under load loses no request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use shipshape_tests::http::Client;

use super::Promise;
use super::world::{PODS, World};

pub const PROMISES: &[Promise] = &[("a rolling restart under load loses no request", loses_nothing)];

/// How many clients ask at once, each on a new connection per request.
const CLIENTS: usize = 4;
/// Pause of a client between two requests.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Count {
    sent: AtomicU64,
    stop: AtomicBool,
}

fn loses_nothing(world: &World) -> Result<()> {
    let open = "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {name: rolling, namespace: demo}\nspec:\n  app: {image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello], env: [{name: PORT, value: '3000'}], health: {live: /health/live, ready: /health/ready}}\n  policy: {auth: {mode: None}}\n";
    world.cluster.apply(open)?;
    world.condition("apisvc rolling --namespace demo", "Ready", "True", None, PODS)?;
    let client = world.client("demo", "rolling")?;
    let count = Arc::new(Count::default());
    let (sent, lost) = world.run(async {
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(ask(client.clone(), Arc::clone(&count)))).collect();
        let restarted = restart(world);
        count.stop.store(true, Ordering::Relaxed);
        let mut lost = Vec::new();
        for client in clients {
            lost.extend(client.await?);
        }
        restarted?;
        Ok::<_, anyhow::Error>((count.sent.load(Ordering::Relaxed), lost))
    })?;
    println!("measured: rolling restart under load: {sent} requests, {} lost", lost.len());
    ensure!(sent > 200, "only {sent} requests were sent");
    ensure!(lost.is_empty(), "{} of {sent} lost: {:#?}", lost.len(), lost.iter().take(5).collect::<Vec<_>>());
    world.kubectl("delete apisvc rolling --namespace demo")?;
    Ok(())
}

fn restart(world: &World) -> Result<()> {
    world.kubectl("rollout restart deployment/rolling --namespace demo")?;
    world.kubectl("rollout status deployment/rolling --namespace demo --timeout 180s")?;
    Ok(())
}

async fn ask(client: Client, count: Arc<Count>) -> Vec<String> {
    let mut lost = Vec::new();
    while !count.stop.load(Ordering::Relaxed) {
        count.sent.fetch_add(1, Ordering::Relaxed);
        match client.get("/slow?ms=30", &[]).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => lost.push(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))),
            Err(error) => lost.push(format!("{error:#}")),
        }
        tokio::time::sleep(PAUSE).await;
    }
    lost
}
