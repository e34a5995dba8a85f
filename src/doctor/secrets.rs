//! Where the gate's secrets are: for who may read them, and so that none gets into a support bundle.

use std::path::PathBuf;

use crate::camera::SourceSettings;
use crate::config::{CameraConfig, Config};
use crate::evidence::settings::EvidenceReceiver;
use crate::login::{Login, PasswordPlace};

/// A secret and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    /// What it is, such as "the password of the broker".
    pub(super) what: String,
    pub(super) place: PasswordPlace,
}

/// All of them.
pub(super) fn all(config: &Config) -> Vec<Secret> {
    let secret = |what: &str, place: &PasswordPlace| Secret { what: what.to_owned(), place: place.clone() };
    let file = |what: &str, path: PathBuf| Secret { what: what.to_owned(), place: PasswordPlace::File(path) };
    let mut all = Vec::new();
    all.extend(password(config.mqtt.login.as_ref()).map(|place| secret("the password of the broker", place)));
    let identity = config.mqtt.settings_without_login().tls.as_ref().and_then(|tls| tls.identity.as_ref());
    all.extend(identity.map(|identity| file("the key of the gate's certificate", identity.key_file.clone())));
    all.extend(config.webhook.iter().map(|webhook| secret("the secret of the webhook", &webhook.secret)));
    let http = config.http.as_ref().and_then(|http| http.token.as_ref());
    all.extend(http.map(|token| secret("the token of [http]", token)));
    let console = config.console.as_ref();
    let hash = console.and_then(|console| console.password_hash.as_ref());
    all.extend(hash.map(|place| secret("the hash of the console's password", place)));
    let identity = console.and_then(|console| console.identity.as_ref());
    all.extend(identity.map(|identity| file("the key of the console's certificate", identity.key_file.clone())));
    let analytics = config.mirrors.analytics.as_ref();
    all.extend(analytics.map(|analytics| secret("the key of the hashes", &analytics.key)));
    let delivery = config.evidence.as_ref().and_then(|evidence| evidence.delivery.as_ref());
    if let Some(EvidenceReceiver::Http(server)) = delivery.map(|delivery| &delivery.receiver) {
        all.extend(server.token.iter().map(|token| secret("the token of the server for pictures", token)));
    }
    let of_list = |list: &crate::config::ListConfig| {
        let webhook = list.webhook.as_ref()?;
        Some(secret(&format!("the secret of the webhook of the list {}", list.settings.name), &webhook.secret))
    };
    all.extend(config.lists.iter().filter_map(of_list));
    let keys = config.outbox.keys();
    all.extend(keys.secret_files().map(|path| file("the key that signs events", path.to_owned())));
    let of_camera = |camera: &CameraConfig| {
        let place = password(login_of(&camera.source))?;
        Some(secret(&format!("the password of camera {}", camera.name), place))
    };
    all.extend(config.cameras.iter().filter_map(of_camera));
    all
}

fn password(login: Option<&Login>) -> Option<&PasswordPlace> {
    login.and_then(|login| login.password.as_ref())
}

fn login_of(source: &SourceSettings) -> Option<&Login> {
    match source {
        SourceSettings::Rtsp(rtsp) => rtsp.login.as_ref(),
        SourceSettings::Mjpeg(http) | SourceSettings::Snapshot { picture: http, .. } => http.login.as_ref(),
        SourceSettings::Video { .. }
        | SourceSettings::Folder { .. }
        | SourceSettings::WatchedFolder { .. }
        | SourceSettings::Usb(_) => None,
    }
}
