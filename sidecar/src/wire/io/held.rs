//! How many bytes the connections of a thread hold, so that a pod refuses before its memory runs out.

use std::cell::Cell;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// Bytes of requests and answers that the connections of this thread hold for somebody who has not taken them yet.
#[must_use]
pub fn held_bytes() -> usize {
    HELD.get()
}

/// What one buffer holds; forgotten when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(usize);

impl Held {
    /// The buffer holds so many bytes now.
    pub(super) fn set(&mut self, bytes: usize) {
        if bytes != self.0 {
            HELD.set(HELD.get().wrapping_add(bytes).wrapping_sub(self.0));
            self.0 = bytes;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_the_sum_of_what_is_there() {
        let before = held_bytes();
        let (mut one, mut two) = (Held::default(), Held::default());
        one.set(100);
        two.set(50);
        one.set(70);
        assert_eq!(held_bytes(), before + 120);
        drop(one);
        assert_eq!(held_bytes(), before + 50);
        two.set(0);
        assert_eq!(held_bytes(), before);
    }
}
