//! An app in memory that does as it is told and remembers what reached it.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;

use crate::wire::{App, AppError, Body, Capped, Exchange, Frame, RequestHead, ResponseHead, Said};

/// What the app does with a request.
#[derive(Debug, Clone)]
pub enum AppDoes {
    /// Reads the body, then answers with this status, these fields and this body.
    Answer(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Answers with a stream at once and reads the request's body while the answer is read.
    Echo,
    /// Reads the body and never answers.
    Hang,
    /// Fails before it answers.
    Fail(AppError),
    /// Runs into a defect of ours.
    Panic,
    /// Answers with a stream that runs into a defect of ours.
    PanicInBody,
}

/// An app in memory.
pub struct TestApp {
    does: AppDoes,
    /// What reached it.
    pub received: Mutex<Vec<(RequestHead, Vec<u8>)>>,
}

impl TestApp {
    /// An app that does one thing.
    pub fn new(does: AppDoes) -> Self {
        Self { does, received: Mutex::default() }
    }

    /// How many requests reached it.
    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// The head that reached it last.
    pub fn last(&self) -> RequestHead {
        self.received.lock().unwrap().last().expect("a request reached the app").0.clone()
    }

    async fn read(&self, at: usize, mut body: Capped) -> Result<(), AppError> {
        while let Some(frame) = body.next().await {
            if let Frame::Data(bytes) = frame.map_err(AppError::Request)? {
                self.received.lock().unwrap()[at].1.extend_from_slice(&bytes);
            }
        }
        Ok(())
    }
}

impl App for TestApp {
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange {
        TestExchange(Box::pin(self.answer(head, body)))
    }
}

struct TestExchange<F>(Pin<Box<F>>);

impl<F: Future<Output = Result<(ResponseHead, Body), AppError>>> Exchange for TestExchange<F> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Said, AppError>> {
        self.0.as_mut().poll(context).map_ok(|(head, body)| Said::Answer(head, body))
    }
}

impl TestApp {
    async fn answer(&self, head: RequestHead, body: Capped) -> Result<(ResponseHead, Body), AppError> {
        let at = {
            let mut received = self.received.lock().unwrap();
            received.push((head, Vec::new()));
            received.len() - 1
        };
        match &self.does {
            AppDoes::Answer(status, fields, text) => {
                self.read(at, body).await?;
                let mut answer = ResponseHead::new(*status);
                fields.iter().for_each(|(name, value)| answer.fields.append(*name, *value));
                Ok((answer, Body::Whole(Bytes::from_static(text.as_bytes()))))
            }
            AppDoes::Echo => Ok((ResponseHead::new(200), Body::Stream(Box::pin(body)))),
            AppDoes::Hang => {
                self.read(at, body).await?;
                std::future::pending().await
            }
            AppDoes::Fail(error) => Err(error.clone()),
            AppDoes::Panic => panic!("a defect"),
            AppDoes::PanicInBody => {
                let defect = futures::stream::poll_fn(|_| panic!("a defect in the body"));
                Ok((ResponseHead::new(200), Body::Stream(Box::pin(defect))))
            }
        }
    }
}
