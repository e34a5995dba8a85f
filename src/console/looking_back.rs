//! Looking back at what passed, off the tasks that answer everybody: a few at once, and none that nobody waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Console;
use super::error::{Answer, ApiError};
use crate::evidence::picture_name::PictureKind;
use crate::publish::ArchiveSearch;
use crate::publish::archive_search::{Cancelled, SearchError};
use crate::publish::event::EvidenceKind;

/// What the console needs of an event to say where its pictures are.
#[derive(Deserialize)]
struct Pictured {
    event_id: Uuid,
    #[serde(default)]
    evidence: Vec<PicturedFile>,
}

#[derive(Deserialize)]
struct PicturedFile {
    kind: EvidenceKind,
    sha256: String,
}

/// Where the pictures of an event are, on this console.
#[derive(Serialize)]
struct PictureAddresses {
    plate: Option<String>,
    scene: Option<String>,
}

/// Says that nobody waits any more when it is dropped, as happens to a request whose sender has gone.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Console {
    /// Does `look` with the archive, once it is its turn.
    pub(super) async fn look_back<T: Send + 'static>(
        &self,
        look: impl FnOnce(&ArchiveSearch, &Cancelled<'_>) -> Result<T, SearchError> + Send + 'static,
    ) -> Answer<T> {
        let turn = Arc::clone(&self.looking_back).acquire_owned().await.map_err(ApiError::failed)?;
        let (search, gone) = (self.parts.search.clone(), Arc::new(AtomicBool::new(false)));
        let waiting = Waiting(Arc::clone(&gone));
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            look(&search, &Cancelled(&|| gone.load(Ordering::Relaxed)))
        });
        let found = looked.await.map_err(ApiError::bug)?.map_err(ApiError::failed);
        drop(waiting);
        found
    }
}

/// An event's JSON as it was delivered, with `pictures` at its end: where they are on this console.
pub(super) fn with_pictures(json: &str) -> Box<RawValue> {
    let addresses = serde_json::from_str::<Pictured>(json).map(|event| addresses_of(&event));
    let addresses = addresses.unwrap_or(PictureAddresses { plate: None, scene: None });
    let addresses = serde_json::to_string(&addresses).unwrap_or_default();
    let joined = json.trim_end().strip_suffix('}').map(|rest| format!("{rest},\"pictures\":{addresses}}}"));
    joined.and_then(|joined| RawValue::from_string(joined).ok()).unwrap_or_default()
}

fn addresses_of(event: &Pictured) -> PictureAddresses {
    let address = |kind: PictureKind| {
        let file = event.evidence.iter().rev().find(|file| file.kind == kind.on_the_wire())?;
        let is_hash = file.sha256.len() == 64 && file.sha256.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hash.then(|| format!("/api/passages/{}/{}.jpg?sha256={}", event.event_id, kind.word(), file.sha256))
    };
    PictureAddresses { plate: address(PictureKind::Plate), scene: address(PictureKind::Scene) }
}
