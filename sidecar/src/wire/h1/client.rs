//! The client of one request over HTTP/1.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::answer::{Answer, Asked};
use super::link::Shared;
use crate::wire::body::Body;
use crate::wire::codec::write_hint;
use crate::wire::head::{ResponseHead, Version};
use crate::wire::io::Transport;
use crate::wire::traits::{Absence, Client, ClientGone};

/// The client of one request.
pub(super) struct Http1Client<T> {
    pub(super) link: Shared<T>,
    pub(super) asked: Asked,
}

impl<T: Transport> Client for Http1Client<T> {
    async fn hint(&mut self, head: ResponseHead) -> Result<(), ClientGone> {
        // RFC 9110 section 15.2: HTTP/1.0 has no interim answers.
        if self.asked.version < Version::Http11 {
            return Ok(());
        }
        write_hint(self.link.try_borrow_mut().map_err(|_| ClientGone)?.outlet.framing(), &head);
        poll_fn(|context| match self.link.try_borrow_mut() {
            Ok(mut link) => link.poll_flush(context),
            Err(_) => Poll::Ready(Err(ClientGone)),
        })
        .await
    }

    async fn answer(self, head: ResponseHead, body: Body) -> Result<(), ClientGone> {
        Answer::begin(self.link, &self.asked, &head, body).await
    }

    fn poll_absence(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> Poll<Absence> {
        let Ok(mut link) = self.link.try_borrow_mut() else { return Poll::Ready(Absence::Gone) };
        if link.poll_gone(context).is_ready() {
            return Poll::Ready(Absence::Gone);
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        link.alarm.poll(deadline, context).map(|()| Absence::TimeOver)
    }
}
