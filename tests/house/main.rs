//! The laws of the house: how files open and end, where imports may point, and what must not be depended on.

mod arrows;
mod files;
mod imports;
