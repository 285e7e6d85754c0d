//! The rest of a request whose answer has begun: it goes on by itself, whether or not the client takes its answer.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::JoinHandle;

use super::upload::{Upload, UploadError};
use crate::wire::body::BodyError;

/// A request that is still being sent; dropping it cancels that.
pub(super) struct LateUpload {
    task: JoinHandle<()>,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    outcome: Option<Result<OwnedWriteHalf, UploadError>>,
    /// Whoever reads the answer.
    reader: Option<Waker>,
}

impl LateUpload {
    /// Sends on beside everything else.
    pub(super) fn begin(mut upload: Upload, mut writing: OwnedWriteHalf) -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let told = Rc::clone(&state);
        let task = tokio::task::spawn_local(async move {
            let outcome = poll_fn(|context| upload.poll(&mut writing, context)).await;
            if let Ok(mut state) = told.try_borrow_mut() {
                state.outcome = Some(outcome.map(|()| writing));
                if let Some(reader) = state.reader.take() {
                    reader.wake();
                }
            }
        });
        Self { task, state }
    }

    /// Fails when the client did not send its request whole: the app has seen half of it, so its answer must not look
    /// whole. An app that takes no more of a request may well answer it.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<(), BodyError> {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Ok(()) };
        match &state.outcome {
            Some(Err(UploadError::Body(error))) => Err(error.clone()),
            Some(_) => Ok(()),
            None => {
                state.reader = Some(context.waker().clone());
                Ok(())
            }
        }
    }

    /// The connection's half, if all of the request was sent.
    pub(super) fn end(self) -> Option<OwnedWriteHalf> {
        self.state.try_borrow_mut().ok()?.outcome.take()?.ok()
    }
}

impl Drop for LateUpload {
    fn drop(&mut self) {
        self.task.abort();
    }
}
