//! The resource as the cluster holds it.

use anyhow::{Context, anyhow};
use kube::{Api, Client, Config};
use shipshape_crds::api::ApiService;

/// Reads a service with the current kubeconfig; its context's namespace holds where none is named.
pub(super) fn read(name: &str, namespace: Option<&str>) -> anyhow::Result<ApiService> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(get(name, namespace))
}

async fn get(name: &str, namespace: Option<&str>) -> anyhow::Result<ApiService> {
    let config = Config::infer().await.ok().context("no cluster to ask: set KUBECONFIG, or name a file with -f")?;
    let namespace = namespace.map_or_else(|| config.default_namespace.clone(), str::to_owned);
    let services: Api<ApiService> = Api::namespaced(Client::try_from(config)?, &namespace);
    services.get(name).await.map_err(|error| match error {
        kube::Error::Api(status) if status.code == 404 => {
            anyhow!("namespace {namespace} has no apisvc/{name}: \"kubectl get apisvcs -A\" lists all")
        }
        kube::Error::Api(status) => anyhow!("cannot read apisvc/{name}: {}", status.message),
        other => anyhow!(other).context("cannot ask the cluster of the current kubeconfig"),
    })
}
