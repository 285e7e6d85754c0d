//! The Secret with a namespace's peppers: made once, never re-rolled, owned by nobody.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use kube::{Api, Client};
use shipshape_crds::api_keys::Peppers;
use shipshape_crds::names::MANAGED_BY;

use crate::apply::MANAGER;
use crate::credentials::{first_peppers, pepper_data, read_peppers};
use crate::desired::names::PEPPER_SECRET;
use crate::error::Error;
use crate::random::fresh;

/// The peppers of a namespace; `None` where there are none and `may_make` forbids to make the first.
///
/// # Errors
/// When the API server refuses, or what is stored is damaged.
pub async fn peppers(client: &Client, namespace: &str, may_make: bool) -> Result<Option<Peppers>, Error> {
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    let what = format!("Secret/{PEPPER_SECRET}");
    let found = api.get_opt(PEPPER_SECRET).await.map_err(Error::api(format!("get {what}")))?;
    if let Some(secret) = found {
        return Ok(Some(read_peppers(&secret.data.unwrap_or_default())?));
    }
    if !may_make {
        return Ok(None);
    }
    let data = pepper_data(&first_peppers(Timestamp::now(), &fresh()?)).map_err(Error::json("write the peppers"))?;
    let secret = keepsake(PEPPER_SECRET, namespace, data);
    let stored = match create(&api, &secret).await.map_err(Error::api(format!("create {what}")))? {
        Some(stored) => stored,
        // Another reconcile made it in the same moment: its pepper counts.
        None => api.get(PEPPER_SECRET).await.map_err(Error::api(format!("get {what}")))?,
    };
    Ok(Some(read_peppers(&stored.data.unwrap_or_default())?))
}

/// A Secret that goes with nothing: it has no owner.
#[must_use]
pub fn keepsake(name: &str, namespace: &str, data: BTreeMap<String, ByteString>) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: Some(labels(name)),
            ..ObjectMeta::default()
        },
        type_: Some("Opaque".to_owned()),
        data: Some(data),
        ..Secret::default()
    }
}

/// The labels of a Secret that belongs to no service.
#[must_use]
pub fn labels(name: &str) -> BTreeMap<String, String> {
    let all = [("name", name), ("part-of", "shipshape"), ("managed-by", MANAGED_BY)];
    all.into_iter().map(|(word, value)| (format!("app.kubernetes.io/{word}"), value.to_owned())).collect()
}

/// Creates a Secret; `None` where one of that name is there already.
///
/// # Errors
/// When the API server refuses for another reason.
pub async fn create(api: &Api<Secret>, secret: &Secret) -> kube::Result<Option<Secret>> {
    let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    match api.create(&params, secret).await {
        Ok(created) => Ok(Some(created)),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(None),
        Err(error) => Err(error),
    }
}
