//! The rest of a request whose answer has begun: it goes on by itself, whether or not the client takes its answer.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::task::JoinHandle;

use super::upload::Upload;
use crate::wire::body::BodyError;

/// A request that is still being sent; dropping it cancels that.
pub(super) struct LateUpload {
    task: JoinHandle<()>,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    failure: Option<BodyError>,
    /// Whoever reads the answer.
    reader: Option<Waker>,
}

impl LateUpload {
    /// Sends on beside everything else.
    pub(super) fn begin(mut upload: Upload) -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let told = Rc::clone(&state);
        let task = tokio::task::spawn_local(async move {
            let outcome = poll_fn(|context| upload.poll(context)).await;
            let mut state = told.borrow_mut();
            state.failure = outcome.err();
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        });
        Self { task, state }
    }

    /// Fails when the client did not send its request whole: the app has seen half of it, so its answer must not look
    /// whole.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<(), BodyError> {
        let mut state = self.state.borrow_mut();
        match &state.failure {
            Some(error) => Err(error.clone()),
            None => {
                state.reader = Some(context.waker().clone());
                Ok(())
            }
        }
    }
}

impl Drop for LateUpload {
    fn drop(&mut self) {
        self.task.abort();
    }
}
