//! Whom each change sets off.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedSender;
use futures::stream::{BoxStream, select_all};
use k8s_openapi::api::core::v1::Pod;
use kube::core::{ApiResource, DynamicObject, DynamicResourceScope, ObjectMeta, PartialObjectMeta};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::reflector::store::Writer;
use kube::runtime::{WatchStreamExt, watcher, watcher::Event};
use kube::{Api, Client};
use serde_json::Value;
use shipshape_crds::names::{MANAGED_BY, SERVICE_LABEL};
use tokio::sync::watch;

use super::context::{Context, key_resource, service_resource};
use super::seen::{Known, Seen};
use super::streams::{Change, changes, config, events, service_of_key, services_of};
use crate::credentials::Authority;
use crate::desired::names::PEPPER_SECRET;
use crate::object::{KINDS, Kind};

/// A service or a key, by its name.
pub type Reference = ObjectRef<DynamicObject>;

/// What is watched, and whom it sets off.
#[derive(Clone)]
pub struct Triggers {
    /// The API server.
    pub client: Client,
    /// The namespace that is served; all where none is named.
    pub namespace: Option<String>,
    /// What is known.
    pub context: Arc<Context>,
    /// Where services wait for their turn.
    pub to_services: UnboundedSender<Reference>,
    /// Where keys wait for theirs.
    pub to_keys: UnboundedSender<Reference>,
}

impl Triggers {
    /// Services set themselves off when their specification changes, and their keys when they come or go.
    pub async fn watch_services(self, writer: Writer<DynamicObject>) {
        let all =
            events(self.api(&service_resource()), config(""), "apisvcs").map(Ok::<_, watcher::Error>).reflect(writer);
        let all = changes(all.filter_map(|event| async { event.ok() }));
        let mut seen = Seen::default();
        futures::pin_mut!(all);
        while let Some(change) = all.next().await {
            match change {
                Change::Applied(service) => {
                    let reference = ObjectRef::from_obj_with(&service, service_resource());
                    let known = seen.note(&reference, &service);
                    if known == Known::Not {
                        self.set_off_keys_of(&reference);
                    }
                    // A status that we wrote is no reason to look again.
                    if known != Known::AsItIs {
                        send(&self.to_services, reference);
                    }
                }
                Change::Deleted(service) => {
                    self.gone(&mut seen, &ObjectRef::from_obj_with(&service, service_resource()))
                }
                Change::Listed(services) => {
                    let listed: HashSet<_> =
                        services.iter().map(|service| ObjectRef::from_obj_with(service, service_resource())).collect();
                    seen.besides(&listed).iter().for_each(|reference| self.gone(&mut seen, reference));
                    for service in &services {
                        let reference = ObjectRef::from_obj_with(service, service_resource());
                        seen.note(&reference, service);
                        self.set_off_keys_of(&reference);
                        send(&self.to_services, reference);
                    }
                }
            }
        }
    }

    fn gone(&self, seen: &mut Seen, service: &Reference) {
        seen.forget(service);
        let name = (service.namespace.as_deref().unwrap_or_default(), service.name.as_str());
        self.context.deliveries.forget(name);
        self.context.shared.health.metrics.forget(name);
        self.set_off_keys_of(service);
    }

    /// Keys set off themselves and their service.
    pub async fn watch_keys(self, writer: Writer<DynamicObject>) {
        let all = events(self.api(&key_resource()), config(""), "apikeys").map(Ok::<_, watcher::Error>).reflect(writer);
        let all = changes(all.filter_map(|event| async { event.ok() }));
        futures::pin_mut!(all);
        while let Some(change) = all.next().await {
            match change {
                Change::Applied(key) => {
                    self.set_off_service_of(&key);
                    send(&self.to_keys, ObjectRef::from_obj_with(&key, key_resource()));
                }
                Change::Deleted(key) => self.set_off_service_of(&key),
                Change::Listed(keys) => {
                    for key in &keys {
                        send(&self.to_keys, ObjectRef::from_obj_with(key, key_resource()));
                    }
                    // A key that was deleted unseen is revoked by its service's next reconcile.
                    self.set_off_services();
                }
            }
        }
    }

    fn set_off_service_of(&self, key: &DynamicObject) {
        if let Some(service) = service_of_key(key) {
            send(&self.to_services, service);
        }
    }

    /// A change of roots sets every service off.
    pub async fn watch_authority(self, mut authority: watch::Receiver<Arc<Authority>>) {
        while authority.changed().await.is_ok() {
            self.set_off_services();
        }
    }

    /// The peppers of a namespace concern all its services and keys; they carry no service's label.
    pub async fn watch_peppers(self) {
        let Some(kind) = Kind::named("Secret") else { return };
        let named = config("").fields(&format!("metadata.name={PEPPER_SECRET}"));
        let secrets: Api<PartialObjectMeta<DynamicObject>> = self.api(&kind.resource());
        let all = events(secrets, named, "peppers");
        futures::pin_mut!(all);
        while let Some(event) = all.next().await {
            if let Event::Apply(secret) | Event::InitApply(secret) | Event::Delete(secret) = event {
                self.set_off_namespace(secret.metadata.namespace.as_deref());
            }
        }
    }

    /// Certificates of users' own concern the services that name them; they carry no service's label.
    pub async fn watch_certificates(self) {
        let Some(kind) = Kind::named("Secret") else { return };
        let of_type = config("").fields("type=kubernetes.io/tls");
        let secrets: Api<PartialObjectMeta<DynamicObject>> = self.api(&kind.resource());
        let all = events(secrets, of_type, "certificates");
        futures::pin_mut!(all);
        while let Some(event) = all.next().await {
            if let Event::Apply(secret) | Event::InitApply(secret) | Event::Delete(secret) = event {
                self.set_off_users_of(&secret.metadata);
            }
        }
    }

    fn set_off_users_of(&self, secret: &ObjectMeta) {
        let Some(name) = secret.name.as_deref() else { return };
        let named = |service: &DynamicObject| {
            let refs = service.data.pointer("/spec/policy/tls/certificateRefs").and_then(Value::as_array);
            service.metadata.namespace == secret.namespace
                && refs.into_iter().flatten().any(|one| one.get("name").and_then(Value::as_str) == Some(name))
        };
        for service in self.context.services.state_filter(named) {
            send(&self.to_services, ObjectRef::from_obj_with(&*service, service_resource()));
        }
    }

    fn set_off_namespace(&self, namespace: Option<&str>) {
        let is_in = |object: &DynamicObject| object.metadata.namespace.as_deref() == namespace;
        for service in self.context.services.state_filter(is_in) {
            send(&self.to_services, ObjectRef::from_obj_with(&*service, service_resource()));
        }
        for key in self.context.keys.state_filter(is_in) {
            send(&self.to_keys, ObjectRef::from_obj_with(&*key, key_resource()));
        }
    }

    fn set_off_services(&self) {
        for service in self.context.services.state() {
            send(&self.to_services, ObjectRef::from_obj_with(&*service, service_resource()));
        }
    }

    /// The services whose objects or pods change.
    #[must_use]
    pub fn children(&self) -> BoxStream<'static, Reference> {
        let managed = format!("app.kubernetes.io/managed-by={MANAGED_BY},{SERVICE_LABEL}");
        let kinds = KINDS.iter().map(|kind| {
            let api: Api<PartialObjectMeta<DynamicObject>> = self.api(&kind.resource());
            services_of(api, &managed, kind.plural)
        });
        let pods: Api<PartialObjectMeta<Pod>> = match &self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let pods = services_of(pods, SERVICE_LABEL, "pods");
        select_all(kinds.chain(std::iter::once(pods))).boxed()
    }

    fn api<K>(&self, resource: &ApiResource) -> Api<K>
    where
        K: kube::Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>,
    {
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, resource),
            None => Api::all_with(self.client.clone(), resource),
        }
    }

    fn set_off_keys_of(&self, service: &Reference) {
        let named = |key: &DynamicObject| service_of_key(key).as_ref() == Some(service);
        for key in self.context.keys.state_filter(named) {
            send(&self.to_keys, ObjectRef::from_obj_with(&*key, key_resource()));
        }
    }
}

/// The receiver goes only when the process ends.
fn send(queue: &UnboundedSender<Reference>, reference: Reference) {
    let _ = queue.unbounded_send(reference);
}
