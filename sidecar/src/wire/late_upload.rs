//! The rest of a request whose answer has begun: it goes on by itself, whether or not the client takes its answer.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::task::JoinHandle;

use super::body::BodyError;

/// A request that is still being sent; dropping it cancels that. `T` is what is left when it was.
pub(super) struct LateUpload<T> {
    task: JoinHandle<()>,
    state: Rc<RefCell<State<T>>>,
}

struct State<T> {
    outcome: Option<Result<T, BodyError>>,
    /// Whoever reads the answer.
    reader: Option<Waker>,
}

impl<T: 'static> LateUpload<T> {
    /// Sends on beside everything else. `sending` fails when the client does not send its request whole; an app that
    /// takes no more of a request may well answer it.
    pub(super) fn begin(sending: impl Future<Output = Result<T, BodyError>> + 'static) -> Self {
        let state = Rc::new(RefCell::new(State { outcome: None, reader: None }));
        let told = Rc::clone(&state);
        let task = tokio::task::spawn_local(async move {
            let outcome = sending.await;
            if let Ok(mut state) = told.try_borrow_mut() {
                state.outcome = Some(outcome);
                if let Some(reader) = state.reader.take() {
                    reader.wake();
                }
            }
        });
        Self { task, state }
    }

    /// Fails when the client did not send its request whole: the app has seen half of it, so its answer must not look
    /// whole.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<(), BodyError> {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Ok(()) };
        match &state.outcome {
            Some(Err(error)) => return Err(error.clone()),
            Some(Ok(_)) => {}
            None => state.reader = Some(context.waker().clone()),
        }
        Ok(())
    }

    /// What is left, if it is over.
    pub(super) fn end(self) -> Option<T> {
        self.state.try_borrow_mut().ok()?.outcome.take()?.ok()
    }
}

impl<T> Drop for LateUpload<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
