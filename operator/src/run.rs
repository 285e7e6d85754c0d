//! `shipshape-operator run`: wait for the lease, lead, and hand it on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use http::Request;
use kube::client::{Body, ClientBuilder};
use kube::config::Config;
use kube::runtime::events::{Recorder, Reporter};
use kube::{Client, Resource};
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder};
use shipshape_crds::api::{ApiKey, ApiService};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::util::MapRequestLayer;

use crate::apply::MANAGER;
use crate::cli::RunArgs;
use crate::controllers::{Keeper, Shared, run as serve};
use crate::health::{Admin, Health, Metrics, Watches};
use crate::settings::Settings;

/// How long reconciles under way may take once the process was told to stop; the chart's grace is 30 s.
const FINISH: Duration = Duration::from_secs(20);

/// How often the resource types are looked for.
const LOOK_FOR_TYPES: Duration = Duration::from_secs(1);

/// Runs until a signal ends it.
///
/// # Errors
/// When the API server cannot be reached at start, or the lease is lost.
pub async fn run(args: Box<RunArgs>) -> anyhow::Result<()> {
    let health =
        Arc::new(Health { metrics: Metrics::new()?, watches: Watches::default(), is_ready: AtomicBool::new(false) });
    let admin = Admin::bind(args.admin, Arc::clone(&health))
        .await
        .with_context(|| format!("--admin {}: the address cannot be listened on", args.admin))?;
    tracing::info!(admin = %admin.address()?, "serving");
    tokio::spawn(admin.serve());

    let stop = stop_signal()?;
    let client = client(&health).await?;
    client
        .apiserver_version()
        .await
        .context("the API server does not answer: look at the kubeconfig or the network")?;
    if !knows_types(&client, stop.clone()).await {
        return Ok(());
    }
    health.is_ready.store(true, Ordering::Relaxed);
    let (mut leads, lease) = elect(&client, &args).await?;
    let ended = lead(client, &args, health, &mut leads, stop).await;
    // Whoever waits for the lease gets it at once.
    drop(leads);
    let released = tokio::time::timeout(Duration::from_secs(5), lease).await;
    tracing::info!(lease_released = matches!(released, Ok(Ok(Ok(_)))), "stopped");
    ended
}

/// Waits until the API server knows the types that are served; false where it was told to stop before.
async fn knows_types(client: &Client, stop: watch::Receiver<bool>) -> bool {
    let known = async {
        let mut is_told = false;
        while !serves_types(client).await {
            if !is_told {
                tracing::error!("the cluster does not know the resource types: install the chart shipshape-crds");
                is_told = true;
            }
            tokio::time::sleep(LOOK_FOR_TYPES).await;
        }
    };
    tokio::select! {
        () = known => true,
        () = told(stop) => false,
    }
}

async fn serves_types(client: &Client) -> bool {
    let served = client.list_api_group_resources(&ApiService::api_version(&())).await;
    let is_served = |kind: &str| served.as_ref().is_ok_and(|list| list.resources.iter().any(|all| all.kind == kind));
    is_served(&ApiService::kind(&())) && is_served(&ApiKey::kind(&()))
}

/// Waits for the lease and serves until told to stop, or until the lease is lost.
async fn lead(
    client: Client,
    args: &RunArgs,
    health: Arc<Health>,
    leads: &mut watch::Receiver<bool>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    tokio::select! {
        won = leads.wait_for(|leads| *leads) => drop(won.context("the lease cannot be kept any more")?),
        () = told(stop.clone()) => return Ok(()),
    }
    tracing::info!("leading");
    health.metrics.leads(true);
    let settings = args.settings();
    let keeper = Keeper::start(&client, &settings, health.metrics.clone())
        .await
        .context("the certificate authority cannot be kept")?;
    let shared = shared(client, settings, Arc::clone(&health), &keeper, args.identity.clone());
    let mut loops = JoinSet::new();
    let namespaces = match args.namespaces.as_slice() {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    for namespace in namespaces {
        loops.spawn(serve(shared.clone(), namespace, stop.clone()));
    }
    let kept = tokio::spawn(keeper.keep());
    let outcome = tokio::select! {
        // Two that lead would undo one another's work.
        lost = leads.wait_for(|leads| !*leads) => {
            bail!("the lease was lost ({}): ending, so that its new holder is alone", lost.map_or("its task ended", |_| "another holds it"))
        }
        () = finish(&mut loops, stop) => Ok(()),
    };
    kept.abort();
    health.metrics.leads(false);
    outcome
}

fn shared(
    client: Client,
    settings: Settings,
    health: Arc<Health>,
    keeper: &Keeper,
    identity: Option<String>,
) -> Shared {
    let reporter = Reporter { controller: MANAGER.to_owned(), instance: identity };
    let recorder = Recorder::new(client.clone(), reporter);
    Shared { client, settings, health, recorder, authority: keeper.current() }
}

/// Ends when every loop has ended, or a while after they were told to.
async fn finish(loops: &mut JoinSet<()>, stop: watch::Receiver<bool>) {
    let all = async { while loops.join_next().await.is_some() {} };
    let late = async {
        told(stop).await;
        tokio::time::sleep(FINISH).await;
    };
    tokio::select! {
        () = all => {}
        () = late => tracing::warn!("reconciles under way were cut off"),
    }
}

async fn told(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the process.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A client whose watches are seen by the probes.
async fn client(health: &Arc<Health>) -> anyhow::Result<Client> {
    let config = Config::infer().await.context("no API server: set KUBECONFIG, or run inside a cluster")?;
    let health = Arc::clone(health);
    let note = move |request: Request<Body>| {
        health.watches.note(&request, Instant::now());
        request
    };
    let builder = ClientBuilder::try_from(config).context("the client cannot be set up")?;
    Ok(builder.with_layer(&MapRequestLayer::new(note)).build())
}

type Lease = JoinHandle<Result<LeaseManager, kube_lease_manager::LeaseManagerError>>;

async fn elect(client: &Client, args: &RunArgs) -> anyhow::Result<(watch::Receiver<bool>, Lease)> {
    let builder = LeaseManagerBuilder::new(client.clone(), MANAGER).with_namespace(args.operator_namespace.clone());
    let builder = match &args.identity {
        Some(identity) => builder.with_identity(identity.clone()),
        None => builder,
    };
    let manager = builder.build().await.context("the lease cannot be looked at")?;
    Ok(manager.watch().await)
}

/// Turns true at the first SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop");
        sender.send_replace(true);
        // Dropping the sender would look like a signal to nobody.
        sender.closed().await;
    });
    Ok(receiver)
}
