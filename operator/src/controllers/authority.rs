//! Keeps the built-in CA: makes it once, changes its roots in time, and puts it back if somebody deletes it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;

use super::peppers::{create, keepsake};
use crate::apply::MANAGER;
use crate::credentials::{Authority, advance, due, next_due};
use crate::error::Error;
use crate::health::Metrics;
use crate::random::fresh;
use crate::settings::Settings;

/// The Secret with the CA, in the operator's namespace. It has no owner.
const SECRET: &str = "shipshape-ca";
/// How often the clock on the wall and the Secret are looked at: timers do not run while a machine sleeps, and a deleted
/// CA is put back only by who still knows it.
const LOOK: Duration = Duration::from_secs(60);
/// How long a failed attempt waits.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Keeps the CA.
pub struct Keeper {
    api: Api<Secret>,
    settings: Settings,
    metrics: Metrics,
    current: watch::Sender<Arc<Authority>>,
}

impl Keeper {
    /// Finds the CA or makes it.
    ///
    /// # Errors
    /// When the API server refuses, or what is stored is damaged: then it is left as it is.
    pub async fn start(client: &Client, settings: &Settings, metrics: Metrics) -> Result<Self, Error> {
        let api = Api::<Secret>::namespaced(client.clone(), &settings.namespace);
        let found = bring(&api, settings, None).await?;
        let keeper = Self { api, settings: settings.clone(), metrics, current: watch::Sender::new(Arc::new(found)) };
        keeper.show();
        Ok(keeper)
    }

    fn show(&self) {
        self.metrics.authority(self.current.borrow().active.trusted.certificate.not_after.as_second());
    }

    /// The CA, as it changes.
    #[must_use]
    pub fn current(&self) -> watch::Receiver<Arc<Authority>> {
        self.current.subscribe()
    }

    /// Changes roots when they are due, for as long as the process leads.
    pub async fn keep(self) {
        loop {
            let known = Arc::clone(&self.current.borrow());
            let left = next_due(&known, &self.settings.lifetimes).duration_since(Timestamp::now());
            let mut pause = Duration::try_from(left).unwrap_or_default().clamp(Duration::from_secs(1), LOOK);
            match bring(&self.api, &self.settings, Some(&known)).await {
                Ok(new) if new != *known => {
                    tracing::info!("the certificate authority changed its roots");
                    self.current.send_replace(Arc::new(new));
                    self.show();
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the certificate authority could not be kept");
                    pause = TRY_AGAIN;
                }
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// Reads the CA and does what is due, until nothing is. Somebody else's change in between is read and judged anew.
async fn bring(api: &Api<Secret>, settings: &Settings, known: Option<&Authority>) -> Result<Authority, Error> {
    let what = format!("Secret/{SECRET} in {}", settings.namespace);
    loop {
        let stored = api.get_opt(SECRET).await.map_err(Error::api(format!("get {what}")))?;
        let read = stored.as_ref().map(|secret| Authority::from_secret(&secret.data.clone().unwrap_or_default()));
        let state = read.transpose()?;
        // A deleted CA that is still known is put back: a new one would be trusted by nobody.
        let state = state.or_else(|| known.cloned());
        let now = Timestamp::now();
        let action = due(now, state.as_ref(), &settings.lifetimes);
        let next = match (action, state) {
            (None, Some(state)) if stored.is_some() => return Ok(state),
            (None, Some(state)) => state,
            (Some(action), state) => {
                tracing::info!(?action, "the certificate authority is due");
                advance(state, action, now, fresh()?, &settings.lifetimes)?
            }
            (None, None) => continue,
        };
        store(api, settings, stored, &next).await.map_err(Error::api(format!("write {what}")))?;
    }
}

/// Writes the CA over exactly what was read; a conflict is no error, the caller reads again.
async fn store(api: &Api<Secret>, settings: &Settings, stored: Option<Secret>, next: &Authority) -> kube::Result<()> {
    let Some(mut secret) = stored else {
        return create(api, &keepsake(SECRET, &settings.namespace, next.to_secret())).await.map(drop);
    };
    secret.data = Some(next.to_secret());
    let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    match api.replace(SECRET, &params, &secret).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 || status.code == 404 => Ok(()),
        Err(error) => Err(error),
    }
}
