//! Lists and buffers that a thread uses again: an idle connection holds none, and a busy one does not ask the allocator.

use std::cell::RefCell;
use std::thread::LocalKey;

thread_local! {
    static BUFFERS: Spare<u8> = const { Spare::new(256, 8 * 1024) };
}

/// An empty buffer that probably has room.
pub(super) fn take_buffer() -> Vec<u8> {
    take(&BUFFERS)
}

/// Keeps a buffer for its next use, unless it is large or there are enough.
pub(super) fn give_buffer(buffer: Vec<u8>) {
    give(&BUFFERS, buffer);
}

/// Lists that wait for their next use.
pub(super) struct Spare<T> {
    /// How many there may be, and how long each.
    most: usize,
    longest: usize,
    lists: RefCell<Vec<Vec<T>>>,
}

impl<T> Spare<T> {
    /// None yet, and at most so many of at most that length.
    pub(super) const fn new(most: usize, longest: usize) -> Self {
        Self { most, longest, lists: RefCell::new(Vec::new()) }
    }
}

/// An empty list that probably has room.
pub(super) fn take<T>(spare: &'static LocalKey<Spare<T>>) -> Vec<T> {
    spare.try_with(|spare| spare.lists.try_borrow_mut().ok()?.pop()).ok().flatten().unwrap_or_default()
}

/// Empties a list and keeps it for its next use, unless it is long or there are enough.
pub(super) fn give<T>(spare: &'static LocalKey<Spare<T>>, mut list: Vec<T>) {
    if list.capacity() == 0 {
        return;
    }
    list.clear();
    let keep = |spare: &Spare<T>| {
        if list.capacity() <= spare.longest
            && let Ok(mut lists) = spare.lists.try_borrow_mut()
            && lists.len() < spare.most
        {
            lists.push(list);
        }
    };
    // Where the thread ends, so does the list.
    let _ = spare.try_with(keep);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_large_ones_are_let_go() {
        give_buffer(Vec::with_capacity(64 * 1024));
        assert_eq!(take_buffer().capacity(), 0);
        let mut buffer = Vec::with_capacity(100);
        buffer.extend_from_slice(b"text");
        give_buffer(buffer);
        let buffer = take_buffer();
        assert!(buffer.is_empty() && buffer.capacity() >= 100);
    }
}
