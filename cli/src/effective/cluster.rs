//! The resource as the cluster holds it.

use anyhow::Context;
use kube::{Api, Client, Config};
use shipshape_crds::api::ApiService;

/// Reads a service with the current kubeconfig; its context's namespace holds where none is named.
pub(super) fn read(name: &str, namespace: Option<&str>) -> anyhow::Result<ApiService> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(get(name, namespace))
}

async fn get(name: &str, namespace: Option<&str>) -> anyhow::Result<ApiService> {
    let config = Config::infer().await.context("no cluster to ask: set KUBECONFIG, or name a file with -f")?;
    let namespace = namespace.map_or_else(|| config.default_namespace.clone(), str::to_owned);
    let services: Api<ApiService> = Api::namespaced(Client::try_from(config)?, &namespace);
    services.get(name).await.with_context(|| {
        format!("cannot read apisvc/{name} in namespace {namespace}: kubectl get apisvcs -A lists all")
    })
}
