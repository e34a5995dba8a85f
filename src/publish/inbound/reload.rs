//! Who reads the config again when he is told to, whoever tells him: a command, a signal, the file itself, the console.

use std::fmt;
use std::path::Path;

use tokio::sync::oneshot;

/// Reads the config file again, and has the gate go on with it if it can be used.
pub trait Reload: Send + Sync + fmt::Debug {
    /// Checks the file and makes ready what changes; it changes soon after the answer was dropped. May take some seconds, in
    /// which models are loaded.
    ///
    /// # Errors
    /// [`ReloadRefused`]: nothing is changed.
    fn reload(&self) -> Result<Reloading, ReloadRefused>;

    /// The config file.
    fn file(&self) -> &Path;
}

/// A config that can be used and soon will be: once this is dropped, so that whoever asked can be told before.
#[derive(Debug)]
pub struct Reloading {
    /// What begins anew: `camera yard`, `lane in-2`, `models`, `broker`; `everything`; nothing, where nothing has changed.
    pub changed: Vec<String>,
    _go: Option<oneshot::Sender<()>>,
}

impl Reloading {
    /// Something changes once `go` is dropped.
    #[must_use]
    pub fn soon(changed: Vec<String>, go: oneshot::Sender<()>) -> Self {
        Self { changed, _go: Some(go) }
    }
}

/// Why nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadRefused {
    /// The gate is just starting, ending or changing.
    #[error("the gate is just starting, stopping or reading its config again; wait for its `status` and ask once more")]
    Busy,
    /// The config cannot be used; everything that is wrong with it, for the operator.
    #[error("nothing was changed:\n{0}")]
    Problems(String),
}
