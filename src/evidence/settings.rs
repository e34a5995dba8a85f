//! What evidence must be told; the config module fills it in.

use std::path::PathBuf;

use url::Url;

use crate::login::PasswordPlace;

/// Everything about evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceSettings {
    /// The folder. It is made if it does not exist.
    pub directory: PathBuf,
    /// What is deleted, and when.
    pub keeping: Keeping,
    /// How pictures are made.
    pub pictures: PictureSettings,
    /// Where pictures are sent, if they are.
    pub delivery: Option<EvidenceDelivery>,
}

/// What is deleted, and when. The oldest goes first, whatever the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// All pictures together may take so much.
    pub quota_bytes: u64,
    /// Pictures of vehicles whose plate was read are kept for so many days.
    pub keep_days_read: u32,
    /// Pictures of vehicles that passed unread are kept for so many days.
    pub keep_days_unread: u32,
    /// So much of the disk stays free: pictures go when less is left.
    pub min_free_bytes: u64,
}

/// How pictures are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSettings {
    /// JPEG quality, 1 to 100.
    pub jpeg_quality: u8,
    /// Wider scenes are scaled down to it, in pixels.
    pub scene_max_width_px: u32,
    /// Whether everything in the scene but the plate's vehicle is made unrecognisable.
    pub blur: bool,
    /// The beginning of the addresses in events, without a slash at its end; the topic under the root where there is none.
    pub uri_base: Option<String>,
}

/// Where pictures are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceDelivery {
    /// To whom.
    pub receiver: EvidenceReceiver,
    /// So many pictures may wait; the oldest is given up for a new one.
    pub most_waiting: usize,
}

/// To whom pictures are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceReceiver {
    /// The broker that events go to, on a connection of its own.
    Mqtt,
    /// A server that takes PUT requests.
    Http(HttpReceiver),
}

/// A server that takes PUT requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReceiver {
    /// `/{event_id}/{kind}` is appended to it.
    pub url: Url,
    /// Where the secret is that every request carries (`Authorization: Bearer`), if any.
    pub token: Option<PasswordPlace>,
    /// The certificates of the authority that the server's is checked against; the system's where there is none.
    pub ca_file: Option<PathBuf>,
}

/// A megabyte, as disks are sold.
pub const MB: u64 = 1_000_000;

impl Default for EvidenceSettings {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("/var/lib/gatelpr/evidence"),
            keeping: Keeping::default(),
            pictures: PictureSettings::default(),
            delivery: None,
        }
    }
}

impl Default for Keeping {
    fn default() -> Self {
        Self { quota_bytes: 10_000 * MB, keep_days_read: 30, keep_days_unread: 30, min_free_bytes: 1_000 * MB }
    }
}

impl Default for PictureSettings {
    fn default() -> Self {
        Self { jpeg_quality: 85, scene_max_width_px: 1920, blur: false, uri_base: None }
    }
}

/// How many pictures may wait to be delivered: some days of a busy lane, or 2 GB.
pub const USUAL_MOST_WAITING: usize = 10_000;
