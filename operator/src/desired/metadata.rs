//! Names, labels and owner of every object.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use shipshape_crds::names::{MANAGED_BY, SERVICE_LABEL};

use super::image::version;
use crate::model::Sound;

/// The metadata of an object of that name, which goes when the service goes.
#[must_use]
pub fn metadata(sound: &Sound, name: impl Into<String>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.into()),
        namespace: Some(sound.namespace.clone()),
        labels: Some(labels(sound)),
        owner_references: Some(vec![sound.owner.clone()]),
        ..ObjectMeta::default()
    }
}

/// The labels of every object and of the pods.
#[must_use]
pub fn labels(sound: &Sound) -> BTreeMap<String, String> {
    let mut labels = selector(sound);
    let recommended = [
        ("name", sound.name.clone()),
        ("instance", sound.name.clone()),
        ("version", version(&sound.spec.app.image)),
        ("part-of", sound.name.clone()),
        ("managed-by", MANAGED_BY.to_owned()),
    ];
    labels.extend(recommended.map(|(word, value)| (format!("app.kubernetes.io/{word}"), value)));
    labels
}

/// What selects the pods. A Deployment's selector can never change, so it holds nothing that could.
#[must_use]
pub fn selector(sound: &Sound) -> BTreeMap<String, String> {
    BTreeMap::from([(SERVICE_LABEL.to_owned(), sound.name.clone())])
}

/// [`selector`] as most kinds write it.
#[must_use]
pub fn label_selector(sound: &Sound) -> LabelSelector {
    LabelSelector { match_labels: Some(selector(sound)), match_expressions: None }
}
