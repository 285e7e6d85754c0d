//! The two ways to write an object: apply what is ours, or put ours in place of all of it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::api::{Patch, PatchParams, PostParams, ValidationDirective};
use kube::core::DynamicObject;
use kube::{Api, Client};

use super::ownership::MANAGER;
use super::replacement::replacement;
use super::verdict::drift;
use crate::error::Error;
use crate::object::Object;
use crate::observe::Live;

/// How often a replacement is tried while others write the same object.
const ATTEMPTS: usize = 4;

/// Writes one object.
pub struct Writer<'a> {
    api: Api<DynamicObject>,
    object: &'a Object,
    what: String,
}

impl<'a> Writer<'a> {
    /// A writer for that object in that namespace.
    #[must_use]
    pub fn new(client: &Client, namespace: &str, object: &'a Object) -> Self {
        let api = Api::namespaced_with(client.clone(), namespace, object.resource());
        Self { api, object, what: format!("{}/{}", object.kind(), object.name()) }
    }

    /// The object under that name, whoever made it.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn find(&self) -> Result<Option<Live>, Error> {
        let found = self.api.get_opt(self.object.name()).await.map_err(Error::api(format!("get {}", self.what)))?;
        found.as_ref().map(Live::new).transpose().map_err(Error::json(format!("read {}", self.what)))
    }

    /// Applies what is ours. Where the API server finds the mixture of ours and others' invalid, ours replaces it.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn apply(&self) -> Result<Live, Error> {
        let params = PatchParams {
            force: true,
            field_manager: Some(MANAGER.to_owned()),
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::default()
        };
        let signed = self.object.signed();
        match self.api.patch(self.object.name(), &params, &Patch::Apply(&signed)).await {
            Ok(written) => self.live(&written),
            Err(kube::Error::Api(status)) if status.code == 422 => match self.find().await? {
                Some(live) => Box::pin(self.replace(&live)).await,
                None => Err(Error::api(format!("apply {}", self.what))(kube::Error::Api(status))),
            },
            Err(error) => Err(Error::api(format!("apply {}", self.what))(error)),
        }
    }

    /// Puts ours in the place of the live object, and takes its fields back from whoever wrote them.
    ///
    /// # Errors
    /// When the API server refuses, or somebody else writes faster, again and again.
    pub async fn replace(&self, live: &Live) -> Result<Live, Error> {
        let mut last = live.clone();
        for _ in 0..ATTEMPTS {
            match self.put(&last).await {
                Ok(written) if !self.noted_as_update(&written) => return Ok(written),
                Ok(written) => last = written,
                // Controllers write statuses all the time: what they wrote is read and kept.
                Err(Error::Api { source, .. }) if is_conflict(&source) => match self.find().await? {
                    Some(now) => last = now,
                    None => return self.apply().await,
                },
                Err(error) => return Err(error),
            }
        }
        self.put(&last).await
    }

    /// The server notes what a replacement changed as an update under our name, which later applies could not take
    /// back; a second replacement changes nothing and so leaves no note.
    fn noted_as_update(&self, written: &Live) -> bool {
        let noted = |entry: &ManagedFieldsEntry| entry.operation.as_deref() == Some("Update");
        drift(self.object, written).is_some() && written.managed_fields().iter().any(noted)
    }

    async fn put(&self, live: &Live) -> Result<Live, Error> {
        let content = replacement(self.object.signed(), live);
        let content: DynamicObject =
            serde_json::from_value(content).map_err(Error::json(format!("write {}", self.what)))?;
        let params = PostParams { dry_run: false, field_manager: Some(MANAGER.to_owned()) };
        let written = self.api.replace(self.object.name(), &params, &content).await;
        self.live(&written.map_err(Error::api(format!("replace {}", self.what)))?)
    }

    fn live(&self, written: &DynamicObject) -> Result<Live, Error> {
        Live::new(written).map_err(Error::json(format!("read {}", self.what)))
    }
}

fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}
