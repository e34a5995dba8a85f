//! What a terminal can do beside showing text.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Runs `read` while the terminal does not show what is typed. Where standard input is no terminal, nothing is shown anyway.
pub(super) fn without_echo<T>(read: impl FnOnce() -> T) -> T {
    let stdin = io::stdin();
    let Ok(usual) = tcgetattr(&stdin) else { return read() };
    let mut quiet = usual.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    // What was typed before the question is no answer to it.
    if tcsetattr(&stdin, OptionalActions::Flush, &quiet).is_err() {
        return read();
    }
    let typed = read();
    if let Err(error) = tcsetattr(&stdin, OptionalActions::Now, &usual) {
        tracing::warn!(%error, "the terminal does not show what is typed any more; `stty echo` as a command changes that");
    }
    typed
}
