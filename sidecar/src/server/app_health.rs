//! Whether the app lives and can serve: asked at its own path, or by opening a connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::options::HealthPages;
use crate::live_config::LiveConfig;
use crate::wire::{App, AppPools, Capped, Exchange, Fields, RequestHead, Said, Target, Version};

/// How long the app may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long an answer about readiness holds: many may ask, and the app should not notice.
const HOLDS: Duration = Duration::from_secs(1);

/// Asks the app how it is.
pub struct AppHealth {
    live: Arc<LiveConfig>,
    pages: HealthPages,
    pools: AppPools,
    ready: Mutex<Option<(Instant, bool)>>,
}

impl AppHealth {
    /// Asks the app that the configuration in force names, at these pages where they are given.
    #[must_use]
    pub fn new(live: Arc<LiveConfig>, pages: HealthPages) -> Self {
        Self { live, pages, pools: AppPools::default(), ready: Mutex::new(None) }
    }

    /// Whether it can serve; known for at most a second.
    pub async fn is_ready(&self) -> bool {
        let known = *self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, answer)) = known.filter(|(at, _)| at.elapsed() < HOLDS) {
            return answer;
        }
        let page = page(self.pages.ready.as_ref(), self.live.current().config().app.ready_path.as_ref());
        let answer = self.ask(page).await;
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), answer));
        answer
    }

    /// Whether it lives.
    pub async fn is_alive(&self) -> bool {
        let page = page(self.pages.live.as_ref(), self.live.current().config().app.live_path.as_ref());
        self.ask(page).await
    }

    /// A status below 400 is a yes, as for the kubelet.
    async fn ask(&self, path: Option<String>) -> bool {
        let live = self.live.current();
        let ((address, connect_timeout), protocol) = (live.app(), live.app_protocol());
        let Some(path) = path else {
            return matches!(tokio::time::timeout(connect_timeout, TcpStream::connect(address)).await, Ok(Ok(_)));
        };
        let app = self.pools.app(address, protocol, connect_timeout);
        let mut fields = Fields::default();
        fields.append("user-agent", "shipshape-probe");
        let head = RequestHead {
            method: Bytes::from_static(b"GET"),
            target: Target::new(path),
            authority: address.to_string(),
            version: Version::Http11,
            fields,
            content_length: Some(0),
            upgrade: None,
        };
        let mut exchange = app.send(head, Capped::new(None, None));
        let answered = async {
            loop {
                match exchange.next().await {
                    Ok(Said::Hint(_)) => {}
                    Ok(Said::Answer(head, _)) => return head.status < 400,
                    Err(_) => return false,
                }
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or(false)
    }
}

/// The page to ask; none where a connection is enough.
fn page(given: Option<&String>, in_file: Option<&String>) -> Option<String> {
    given.or(in_file).filter(|page| !page.is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_wins_and_an_empty_page_is_a_connection() {
        let (given, file, empty) = ("/live".to_owned(), "/old".to_owned(), String::new());
        assert_eq!(page(Some(&given), Some(&file)).as_deref(), Some("/live"));
        assert_eq!(page(None, Some(&file)).as_deref(), Some("/old"));
        assert_eq!(page(Some(&empty), Some(&file)), None);
        assert_eq!(page(None, None), None);
    }
}
