//! Places for the futures of requests, which are large: one that a request has left is the next one's.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Places of one kind that wait for their next use.
const SPARE: usize = 128;

thread_local! {
    /// The places of this thread, a list for each kind of future; there are few kinds.
    static PLACES: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

type Place<F> = Pin<Box<Option<F>>>;

/// A future in a place that others had before it: an allocator is slow at what is larger than a kilobyte.
pub(super) struct Kept<F: Future + 'static>(Option<Place<F>>);

impl<F: Future + 'static> Kept<F> {
    /// Puts the future into its place.
    pub(super) fn new(future: F) -> Self {
        let free = with_places::<F, _>(Vec::pop).flatten();
        Self(Some(match free {
            Some(mut place) => {
                place.set(Some(future));
                place
            }
            None => Box::pin(Some(future)),
        }))
    }

    /// Ends the future, and leaves its place to the next.
    fn leave(&mut self) {
        if let Some(mut place) = self.0.take() {
            place.set(None);
            let keep = |places: &mut Vec<Place<F>>| {
                if places.len() < SPARE {
                    places.push(place);
                }
            };
            // Where the thread ends, so does the place.
            let _ = with_places(keep);
        }
    }
}

impl<F: Future + 'static> Future for Kept<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.0.as_mut().and_then(|place| place.as_mut().as_pin_mut()) {
            Some(future) => future.poll(context),
            // Nobody asks one that is over.
            None => Poll::Pending,
        }
    }
}

impl<F: Future + 'static> Drop for Kept<F> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The list of places for futures of this kind; none where the thread ends.
fn with_places<F: 'static, T>(use_them: impl FnOnce(&mut Vec<Place<F>>) -> T) -> Option<T> {
    let with = |places: &RefCell<Vec<Box<dyn Any>>>| {
        let mut places = places.try_borrow_mut().ok()?;
        if !places.iter().any(|places| places.is::<Vec<Place<F>>>()) {
            places.push(Box::new(Vec::<Place<F>>::new()));
        }
        places.iter_mut().find_map(|places| places.downcast_mut()).map(use_them)
    };
    PLACES.try_with(with).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    async fn held(what: Rc<()>) -> usize {
        tokio::task::yield_now().await;
        Rc::strong_count(&what)
    }

    #[tokio::test]
    async fn a_place_is_used_again_and_nothing_stays_in_it() {
        let what = Rc::new(());
        let first = Kept::new(held(Rc::clone(&what)));
        let address = |kept: &Kept<_>| kept.0.as_ref().map(|place| std::ptr::from_ref(place.as_ref().get_ref()).addr());
        let place = address(&first);
        assert_eq!(first.await, 2);
        assert_eq!(Rc::strong_count(&what), 1, "what was held is let go");
        let second = Kept::new(held(Rc::clone(&what)));
        assert_eq!(address(&second), place);
        let third = Kept::new(held(Rc::clone(&what)));
        assert_ne!(address(&third), place);
        drop((second, third));
        assert_eq!(Rc::strong_count(&what), 1);
    }
}
