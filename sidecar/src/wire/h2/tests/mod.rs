//! HTTP/2 as its clients see it, over pipes.

mod answers;
mod floods;
mod slow;
mod tunnels;
mod world;
