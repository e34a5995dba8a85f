//! What the gate's status says now: put there by whoever knows, told by the broker's publisher at every change.

use tokio::sync::watch;

use super::status::{GateState, GateStatus};
use crate::alarm::{AlarmChanges, Alarms};

/// Changes what the status says.
pub type StatusSender = watch::Sender<GateStatus>;

/// What the status says, and when that has changed.
#[derive(Debug)]
pub struct StatusBoard {
    status: watch::Receiver<GateStatus>,
    alarms: Alarms,
    changes: AlarmChanges,
}

impl StatusBoard {
    /// The status that `status` tells, with these alarms.
    #[must_use]
    pub fn new(status: watch::Receiver<GateStatus>, alarms: Alarms) -> Self {
        Self { status, changes: alarms.changes(), alarms }
    }

    /// A status in which nothing changes but the alarms.
    #[must_use]
    pub fn fixed(status: GateStatus, alarms: Alarms) -> Self {
        Self::new(watch::channel(status).1, alarms)
    }

    /// The alarms in it.
    #[must_use]
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// What it says in `state`, as JSON.
    #[must_use]
    pub fn json_in(&self, state: GateState) -> String {
        self.status.borrow().json_in(state, &self.alarms)
    }

    /// Completes when it says something else than the last time. Dropping the wait loses nothing.
    pub async fn changed(&mut self) {
        tokio::select! {
            () = self.changes.changed() => {}
            () = changed(&mut self.status) => {}
        }
    }
}

/// Completes at a change; never, once nobody makes any.
async fn changed(status: &mut watch::Receiver<GateStatus>) {
    if status.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
