//! A client in memory that reads its answer whole, or goes away.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::StreamExt;
use serde_json::Value;
use tokio::time::Instant;

use crate::wire::{Absence, Alarm, Body, BodyError, Client, ClientGone, Fields, Frame, ResponseHead};

/// What the client saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The answer's status; 0 where there was none.
    pub status: u16,
    /// Its fields.
    pub fields: Fields,
    /// The interim answers before it.
    pub hints: Vec<ResponseHead>,
    /// Its declared length.
    pub content_length: Option<u64>,
    /// Its body.
    pub body: Vec<u8>,
    /// Why the body broke off.
    pub broken: Option<BodyError>,
}

/// A client in memory.
#[derive(Clone, Default)]
pub struct TestClient {
    /// What it saw.
    pub seen: Arc<Mutex<Seen>>,
    /// Whether it goes away while it waits.
    pub leaves: bool,
    /// Whether it goes away while it reads its answer.
    pub leaves_reading: bool,
    /// Rings when its time is over.
    pub alarm: Arc<Mutex<Alarm>>,
}

impl Client for TestClient {
    async fn hint(&mut self, head: ResponseHead) -> Result<(), ClientGone> {
        self.seen.lock().unwrap().hints.push(head);
        Ok(())
    }

    async fn answer(self, head: ResponseHead, body: Body) -> Result<(), ClientGone> {
        let ResponseHead { status, fields, content_length } = head;
        {
            let mut seen = self.seen.lock().unwrap();
            (seen.status, seen.fields, seen.content_length) = (status, fields, content_length);
        }
        if self.leaves_reading {
            return Err(ClientGone);
        }
        match body {
            Body::Whole(bytes) => self.seen.lock().unwrap().body = bytes.to_vec(),
            Body::Tunnel(_) => {}
            Body::Stream(mut stream) => {
                while let Some(frame) = stream.next().await {
                    match frame {
                        Ok(Frame::Data(bytes)) => self.seen.lock().unwrap().body.extend_from_slice(&bytes),
                        Ok(Frame::Trailers(_)) => {}
                        Err(error) => {
                            self.seen.lock().unwrap().broken = Some(error);
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn poll_absence(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> Poll<Absence> {
        match deadline {
            _ if self.leaves => Poll::Ready(Absence::Gone),
            Some(deadline) => self.alarm.lock().unwrap().poll(deadline, context).map(|()| Absence::TimeOver),
            None => Poll::Pending,
        }
    }
}

impl Seen {
    /// The code of the problem document; empty where the answer is none.
    pub fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A field as text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.text(name)
    }
}
