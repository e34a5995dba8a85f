//! Pictures of events: in the folder, at the broker, and named by their hashes in the events.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelpr::plate::SiteName;
use gatelpr::publish::evidence_publisher::EvidencePublisher;
use gatelpr::publish::mqtt::Message;
use gatelpr::publish::subscriber::Subscriber;
use gatelpr::publish::topics::TopicRoot;
use gatelpr::publish::{MqttError, MqttSettings, Protocol};
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::scenario::Scenario;
use image::codecs::jpeg::JpegEncoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::daemon::{Daemon, config};
use crate::support::{Mosquitto, PATIENCE};

const ROOT: &str = "gatelpr/v1/test/g1";

/// So many pictures of the sample clip show its first vehicle coming.
const ONE_VEHICLE: u32 = 28;

/// A config for a recording of one vehicle, which keeps pictures and sends them to the broker.
fn config_with_evidence(folder: &Path, port: u16) -> PathBuf {
    let (clip, film) = (folder.join("clip"), Film::of(&Scenario::demo()));
    fs::create_dir(&clip).expect("it can be made");
    for number in 0..ONE_VEHICLE {
        let file = fs::File::create(clip.join(format!("{number:04}.jpg"))).expect("it can be made");
        let written = JpegEncoder::new_with_quality(file, 90).encode_image(&film.render(0, number));
        written.expect("it can be written");
    }
    // These models are quick.
    let tables = format!(
        "detector = \"gatelpr-detector\"\nrecogniser = \"gatelpr-reader\"\n\
         [evidence]\ndirectory = \"{evidence}\"\nmin_free_mb = 50\ndeliver = \"mqtt\"\n\
         [[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{clip}'\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        evidence = folder.join("evidence").display(),
        clip = clip.display(),
    );
    config(folder, port, &tables)
}

/// What the gate and its subscribers know of the broker.
fn settings(port: u16) -> MqttSettings {
    let name = |text| SiteName::try_from(text).expect("a name");
    let root = TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &name("test"), &name("g1")).expect("a root");
    MqttSettings { client_id: "records".to_owned(), ..MqttSettings::new("127.0.0.1", port, root) }
}

/// Everything that is published until `enough` of it has come.
async fn received(subscriber: &mut Subscriber, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let mut messages = Vec::new();
    while !enough(&messages) {
        let next = tokio::time::timeout(PATIENCE, subscriber.next()).await;
        messages.push(next.expect("something comes").expect("the broker stays"));
    }
    messages
}

async fn subscriber(port: u16) -> Subscriber {
    Subscriber::connect(&settings(port), "#").await.expect("the broker takes it")
}

fn events(messages: &[Message]) -> Vec<Value> {
    let passages = messages.iter().filter(|message| message.topic.ends_with("/passage"));
    passages.map(|message| serde_json::from_slice(&message.payload).expect("a payload is JSON")).collect()
}

/// What arrived on topics of pictures.
fn pictures(messages: &[Message]) -> BTreeMap<String, Vec<u8>> {
    let on_evidence = messages.iter().filter(|message| message.topic.starts_with(&format!("{ROOT}/evidence/")));
    on_evidence.map(|message| (message.topic.clone(), message.payload.clone())).collect()
}

/// The SHA-256 of every file under `folder`, by its name.
fn hashes_of_files(folder: &Path) -> BTreeMap<String, String> {
    let days = fs::read_dir(folder).expect("it is there").flatten().filter(|day| day.file_name() != "waiting");
    let files = days.flat_map(|day| fs::read_dir(day.path()).expect("it is a folder").flatten());
    files.map(|file| (file.file_name().display().to_string(), hash(&fs::read(file.path()).expect("a file")))).collect()
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_arrives_with_the_hash_that_its_event_tells_and_lies_in_the_folder() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = config_with_evidence(folder.path(), broker.port);
    let mut subscriber = subscriber(broker.port).await;
    let run = tokio::task::spawn_blocking(move || Daemon::start(&path).wait_for_success());
    let messages = received(&mut subscriber, |messages| pictures(messages).len() >= 2).await;
    run.await.expect("the daemon ends by itself");
    let (events, pictures) = (events(&messages), pictures(&messages));
    assert_eq!(events.len(), 1, "{events:#?}");
    let files = hashes_of_files(&folder.path().join("evidence"));
    for event in &events {
        let told = event["evidence"].as_array().expect("a list");
        assert_eq!(told.len(), 2, "plate and scene: {event:#}");
        for picture in told {
            let uri = picture["uri"].as_str().expect("an address");
            let jpeg = &pictures[&format!("{ROOT}/{uri}")];
            assert_eq!(picture["sha256"], hash(jpeg), "{uri}");
            assert_eq!(picture["bytes"], jpeg.len());
            let kind = picture["kind"].as_str().expect("a word");
            let file = format!("{}-r1-{kind}.jpg", event["event_id"].as_str().expect("an id"));
            assert_eq!(files[&file], hash(jpeg));
        }
        // The corners of the plate lie in the scene that was kept.
        let scene = &pictures[&format!("{ROOT}/{}", told[1]["uri"].as_str().expect("an address"))];
        let scene = image::load_from_memory(scene).expect("it is a JPEG");
        for corner in told[1]["corners"].as_array().expect("a plate was found") {
            let (x, y) = (corner[0].as_f64().expect("a number"), corner[1].as_f64().expect("a number"));
            assert!((0.0..f64::from(scene.width())).contains(&x) && (0.0..f64::from(scene.height())).contains(&y));
        }
    }
    assert_eq!(files.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_no_broker_took_are_delivered_after_the_next_start_and_events_come_first() {
    let mut broker = Mosquitto::start();
    broker.kill();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = config_with_evidence(folder.path(), broker.port);
    let mut first_run = Daemon::start(&path);
    let waiting = folder.path().join("evidence/waiting");
    let links = || fs::read_dir(&waiting).map_or(0, Iterator::count);
    tokio::time::timeout(PATIENCE, async {
        while links() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("pictures wait");
    first_run.stop();
    broker.restart();
    let mut subscriber = subscriber(broker.port).await;
    let second_run = Daemon::start(&path);
    let messages = received(&mut subscriber, |messages| pictures(messages).len() >= 2).await;
    let first_picture = messages.iter().position(|message| message.topic.contains("/evidence/")).expect("they came");
    let historical = events(&messages[..first_picture]);
    assert_eq!(historical.iter().filter(|event| event["historical"] == true).count(), 1, "{historical:#?}");
    drop(second_run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_megabytes_passes_over_either_mqtt_and_a_lost_connection_is_made_again() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let mut broker = Mosquitto::start();
        let settings = MqttSettings { protocol, ..settings(broker.port) };
        let mut publisher = EvidencePublisher::new(settings, PATIENCE);
        let picture = vec![0xff; 3 << 20];
        publisher.publish("evidence/1/scene", picture.clone()).await.expect("it is acknowledged");
        broker.stop();
        let error = publisher.publish("evidence/2/scene", picture.clone()).await.expect_err("nobody is there");
        assert!(!matches!(error, MqttError::Silent { .. }), "it is told at once: {error}");
        broker.restart();
        publisher.publish("evidence/2/scene", picture).await.expect("it is acknowledged");
    }
}
