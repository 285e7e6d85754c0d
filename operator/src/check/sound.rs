//! The one way to a sound service.

use kube::Resource;
use shipshape_crds::api::ApiService;
use shipshape_crds::compile::compile;
use shipshape_crds::sidecar_config::ServiceName;
use shipshape_crds::validate::{Finding, Severity, validate};

use super::input::input;
use super::kubernetes;
use super::refusal::Refusal;
use super::room;
use crate::credentials::{CredentialError, Leaf, LeafRequest, MountedFiles, Shards, revise, server_names, shard};
use crate::desired::names::PEPPER_SECRET;
use crate::model::Sound;
use crate::observe::Observed;

/// Takes what was read to a service about which nothing is wrong.
///
/// # Errors
/// Everything that is wrong with it, or the credential that is damaged.
pub fn check(observed: &Observed) -> Result<Sound, Refusal> {
    let service = observed.service.as_ref().map_err(Refusal::from)?;
    let mut findings = validate(&service.spec.subject());
    findings.extend(kubernetes::judge(&observed.name, &service.spec));
    let (errors, mut warnings): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(Refusal::findings(&errors));
    }

    let shards = shard(&observed.keys, &observed.name, observed.now);
    warnings.extend(crowded(&shards));
    let leaf = leaf(observed, service)?;
    let files = files(observed, &leaf, &shards)?;
    let name = ServiceName {
        namespace: observed.namespace.clone(),
        name: observed.name.clone(),
        domain: observed.settings.cluster_domain.clone(),
    };
    let config = revise(compile(&input(name, &service.spec))?, &files)?;
    if let Some(too_large) = room::judge(&config)? {
        return Err(Refusal::findings(&[too_large]));
    }
    Ok(Sound {
        namespace: observed.namespace.clone(),
        name: observed.name.clone(),
        owner: service.controller_owner_ref(&()).unwrap_or_default(),
        spec: service.spec.clone(),
        config,
        leaf,
        trust_bundle: observed.authority.bundle(observed.now),
        files,
        autoscaler: observed.autoscaler.clone(),
        settings: observed.settings.clone(),
        warnings,
    })
}

/// The certificate that is mounted, or a new one where it is due.
fn leaf(observed: &Observed, service: &ApiService) -> Result<Leaf, CredentialError> {
    let Observed { namespace, name, settings, authority, now, random, .. } = observed;
    let hostnames = service.spec.expose.as_ref().map(|expose| expose.hostnames.as_slice()).unwrap_or_default();
    // A common name holds 64 letters; nobody but people reads it.
    let subject = format!("{name}.{namespace}.svc").chars().take(64).collect();
    let request = LeafRequest { subject, names: server_names(namespace, name, &settings.cluster_domain, hostnames) };
    match &observed.leaf {
        Some(leaf) if leaf.renewal(&request, authority, *now).is_none() => Ok(leaf.clone()),
        _ => Leaf::issue(&request, authority, *now, *random, &settings.lifetimes),
    }
}

/// The files to mount. Where keys exist, so must the peppers they were hashed with: otherwise what is mounted stays.
fn files(observed: &Observed, leaf: &Leaf, shards: &Shards) -> Result<MountedFiles, Refusal> {
    let named = |problem| CredentialError::pepper(&format!("Secret \"{PEPPER_SECRET}\""), problem);
    let peppers = match &observed.peppers {
        _ if shards.shards.is_empty() => None,
        Ok(Some(file)) => Some(file.0.as_slice()),
        Ok(None) => return Err(named("is missing").into()),
        Err(_) => return Err(named("is damaged").into()),
    };
    Ok(MountedFiles::new(leaf, &observed.own_certificates, peppers, shards)?)
}

fn crowded(shards: &Shards) -> Option<Finding> {
    let first = shards.no_room.first()?;
    let message = format!(
        "{} keys, \"{first}\" among them, are not accepted: a service holds 32000; delete what is no longer used",
        shards.no_room.len()
    );
    Some(Finding::warning("keys-room", "apikeys", message))
}
