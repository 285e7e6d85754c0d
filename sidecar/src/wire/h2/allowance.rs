//! What a client may ask of one connection besides being served: frames that are no request, and requests that nobody
//! answers, because it gives them up (CVE-2023-44487) or because they are no requests of HTTP.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// Frames that serve no request, in a row: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown and empty ones.
const CONTROL: u32 = 1000;
/// What a request, a piece of its body and a piece of its answer give back: clients answer each piece of an answer
/// with two WINDOW_UPDATEs, and some with a PING.
const BY_REQUEST: u32 = 16;
const BY_PIECE: u32 = 4;
/// Payload of a control frame that costs as much as one more frame, in bytes.
const PAYLOAD: u32 = 1024;
/// Pieces of bodies that are smaller than any message (gRPC's prefix takes 5 bytes, a WebSocket's masked frame 6): so
/// many may come within so long. The clock is asked only when they are used up.
const SCRAP: u32 = 5;
const SCRAPS: u32 = 4096;
const SCRAPS_WITHIN: Duration = Duration::from_secs(4);
/// Heads that a client may send ahead of its answers at the beginning, the streams that it may have open among them,
/// and how many it can earn by taking answers.
const HEADS: u32 = 256;
const HEADS_MOST: u32 = 384;
/// What an answer gives back: its request's head and trailers, or one that was given up.
const BY_ANSWER: u32 = 2;

/// Frame types (RFC 9113 section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
/// The last frame of a stream carries this flag.
const END_STREAM: u8 = 1;

/// What a client has left. Used up once, it stays used up.
#[derive(Debug)]
pub(super) struct Allowance {
    control: Cell<u32>,
    heads: Cell<u32>,
    scraps: Cell<u32>,
    scraps_since: Cell<Instant>,
    is_spent: Cell<bool>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            control: Cell::new(CONTROL),
            heads: Cell::new(HEADS),
            scraps: Cell::new(SCRAPS),
            scraps_since: Cell::new(Instant::now()),
            is_spent: Cell::new(false),
        }
    }
}

impl Allowance {
    /// Whether the client asked for more than it may.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// A frame came.
    pub(super) fn received(&self, kind: u8, flags: u8, length: u32) {
        match kind {
            HEADERS => {
                self.earn(BY_REQUEST);
                spend(&self.heads, 1, &self.is_spent);
            }
            DATA if flags & END_STREAM != 0 => {}
            DATA if length > 0 => {
                self.earn(BY_PIECE);
                if length < SCRAP {
                    self.scrap();
                }
            }
            _ => spend(&self.control, 1 + length / PAYLOAD, &self.is_spent),
        }
    }

    /// A piece of an answer is on its way.
    pub(super) fn sent(&self) {
        self.earn(BY_PIECE);
    }

    /// A client took an answer.
    pub(super) fn answered(&self) {
        self.heads.set(HEADS_MOST.min(self.heads.get() + BY_ANSWER));
    }

    fn scrap(&self) {
        if self.scraps.get() == 0 {
            let since = self.scraps_since.replace(Instant::now());
            if since.elapsed() < SCRAPS_WITHIN {
                self.is_spent.set(true);
            }
            self.scraps.set(SCRAPS);
        }
        self.scraps.set(self.scraps.get().saturating_sub(1));
    }

    fn earn(&self, frames: u32) {
        self.control.set(CONTROL.min(self.control.get() + frames));
    }
}

fn spend(from: &Cell<u32>, amount: u32, is_spent: &Cell<bool>) {
    match from.get().checked_sub(amount) {
        Some(left) => from.set(left),
        None => is_spent.set(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: u8 = 6;
    const WINDOW_UPDATE: u8 = 8;

    #[test]
    fn control_frames_without_requests_are_bounded() {
        let allowance = Allowance::default();
        (0..CONTROL).for_each(|_| allowance.received(PING, 0, 8));
        assert!(!allowance.is_spent());
        allowance.received(PING, 0, 8);
        assert!(allowance.is_spent());
    }

    #[test]
    fn large_frames_cost_more() {
        let allowance = Allowance::default();
        let frames = (1..).find(|_| {
            allowance.received(0xfa, 0, 16_384);
            allowance.is_spent()
        });
        assert_eq!(frames, Some(59), "about a mebibyte");
    }

    #[tokio::test(start_paused = true)]
    async fn scraps_of_bodies_are_bounded_by_their_rate() {
        let allowance = Allowance::default();
        for _ in 0..10 * SCRAPS {
            allowance.received(DATA, 0, 1);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(!allowance.is_spent(), "a thousand a second are slow");
        (0..2 * SCRAPS).for_each(|_| allowance.received(DATA, 0, SCRAP));
        assert!(!allowance.is_spent(), "these may be messages");
        let scraps = (1..).find(|_| {
            allowance.received(DATA, 0, 1);
            allowance.is_spent()
        });
        assert!(scraps.is_some_and(|scraps| scraps <= 2 * SCRAPS));
    }

    #[test]
    fn whoever_is_served_may_go_on() {
        let allowance = Allowance::default();
        for _ in 0..100_000 {
            allowance.received(HEADERS, END_STREAM, 40);
            for _ in 0..8 {
                allowance.sent();
                (0..2).for_each(|_| allowance.received(WINDOW_UPDATE, 0, 4));
                allowance.received(PING, 0, 8);
            }
            allowance.answered();
        }
        assert!(!allowance.is_spent());
    }

    #[test]
    fn heads_without_an_answer_are_bounded() {
        let allowance = Allowance::default();
        (0..10_000).for_each(|at| {
            allowance.received(HEADERS, END_STREAM, 40);
            if at % 2 == 0 {
                allowance.answered();
            }
        });
        assert!(!allowance.is_spent(), "some are given up now and then");
        let more = (1..).find(|_| {
            allowance.received(HEADERS, END_STREAM, 40);
            allowance.is_spent()
        });
        assert!(more.is_some_and(|more| more <= HEADS_MOST + 1));
    }
}
