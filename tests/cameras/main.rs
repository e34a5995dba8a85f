//! Live cameras against real servers and devices on this machine: what they deliver, and how they fail and come back.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../holdings/mod.rs"]
mod holdings;
mod http;
mod rtsp;
mod support;
