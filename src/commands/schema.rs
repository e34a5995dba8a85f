//! `gatelpr schema`: the JSON Schema of each payload, and the document that says on which topic each goes, for integrators
//! and for the tests of their code; and that of the config, for editors.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::asyncapi;
use crate::config::editor_schema;
use crate::doctor::finding::Diagnosis;
use crate::publish::command::{Command, CommandReply};
use crate::publish::health::GateHealth;
use crate::publish::inbound::{DeclaredMessage, Receipt};
use crate::publish::list_hit::ListHitMessage;
use crate::publish::mirrors::analytics::AnonymousPassage;
use crate::publish::mirrors::home_assistant::HomeAssistantVehicle;
use crate::publish::mirrors::onvif::LicensePlateEvent;
use crate::publish::reach::DoctorTrial;
use crate::publish::sighting::LiveSighting;
use crate::publish::traffic::TrafficReport;
use crate::publish::traffic_map::TrafficMap;
use crate::publish::{GateStatus, PlateEvent};

/// Print the JSON Schema of what is published or of the config, or the whole contract as AsyncAPI, or write all of it into a folder
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Whose schema to print
    #[arg(value_enum, default_value_t = Payload::Passage)]
    pub payload: Payload,
    /// Print the AsyncAPI document instead: every topic, with its direction, quality of service and payload
    #[arg(long, conflicts_with = "payload")]
    pub asyncapi: bool,
    /// Write the AsyncAPI document into this folder, every payload's schema below it as schemas/PAYLOAD.schema.json, and
    /// print nothing
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["payload", "asyncapi"])]
    pub out: Option<PathBuf>,
}

/// A kind of message that is published, or that the gate listens to; or the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Payload {
    /// One vehicle passed a lane
    Passage,
    /// Whether the gate is at work
    Status,
    /// How the gate fares
    Health,
    /// What the gate is told
    Command,
    /// What it replies
    CommandReply,
    /// The vehicles that are declared, told to the gate
    Declared,
    /// What the platform has of the events, told to the gate
    Receipt,
    /// What is seen in a lane right now
    Sighting,
    /// A vehicle on one of the operator's lists
    ListHit,
    /// How dense the traffic in a lane is
    Traffic,
    /// The same of all lanes as GeoJSON, over HTTP
    TrafficMap,
    /// A plate as an ONVIF event
    Onvif,
    /// A vehicle as Home Assistant gets it
    HomeAssistant,
    /// A passage with a hash in the plate's place
    Analytics,
    /// The config file, for editors; it is never published
    Config,
    /// What `gatelpr doctor --json` prints
    Doctor,
    /// What the doctor sends to itself by way of the broker
    DoctorTrial,
}

impl Payload {
    /// All kinds.
    pub const ALL: &[Self] = &[
        Self::Passage,
        Self::Status,
        Self::Health,
        Self::Command,
        Self::CommandReply,
        Self::Declared,
        Self::Receipt,
        Self::Sighting,
        Self::ListHit,
        Self::Traffic,
        Self::TrafficMap,
        Self::Onvif,
        Self::HomeAssistant,
        Self::Analytics,
        Self::Config,
        Self::Doctor,
        Self::DoctorTrial,
    ];

    /// The name of its schema's file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Passage => "passage.schema.json",
            Self::Status => "status.schema.json",
            Self::Health => "health.schema.json",
            Self::Command => "command.schema.json",
            Self::CommandReply => "command_reply.schema.json",
            Self::Declared => "declared.schema.json",
            Self::Receipt => "receipt.schema.json",
            Self::Sighting => "sighting.schema.json",
            Self::ListHit => "list_hit.schema.json",
            Self::Traffic => "traffic.schema.json",
            Self::TrafficMap => "traffic_map.schema.json",
            Self::Onvif => "onvif.schema.json",
            Self::HomeAssistant => "home_assistant.schema.json",
            Self::Analytics => "analytics.schema.json",
            Self::Config => "config.schema.json",
            Self::Doctor => "doctor.schema.json",
            Self::DoctorTrial => "doctor_trial.schema.json",
        }
    }

    /// Its JSON Schema (draft 2020-12; draft 7 for the config, because of the editors), indented, with a line end.
    #[must_use]
    pub fn schema(self) -> String {
        let schema = match self {
            Self::Passage => schema_of::<PlateEvent>(),
            Self::Status => schema_of::<GateStatus>(),
            Self::Health => schema_of::<GateHealth>(),
            // What is read: optional keys need not be there.
            Self::Command => schema_for_reading::<Command>(),
            Self::CommandReply => schema_of::<CommandReply>(),
            Self::Declared => schema_for_reading::<DeclaredMessage>(),
            Self::Receipt => schema_for_reading::<Receipt>(),
            Self::Sighting => schema_of::<LiveSighting>(),
            Self::ListHit => schema_of::<ListHitMessage>(),
            Self::Traffic => schema_of::<TrafficReport>(),
            Self::TrafficMap => schema_of::<TrafficMap>(),
            Self::Onvif => schema_of::<LicensePlateEvent>(),
            Self::HomeAssistant => schema_of::<HomeAssistantVehicle>(),
            Self::Analytics => schema_of::<AnonymousPassage>(),
            Self::Config => return editor_schema(),
            Self::Doctor => schema_of::<Diagnosis>(),
            Self::DoctorTrial => schema_of::<DoctorTrial>(),
        };
        format!("{:#}\n", schema.as_value())
    }
}

/// The schema of what is written: fields that may be null are there all the same.
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn schema_for_reading<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// Prints or writes schemas.
///
/// # Errors
/// When the folder cannot be made or written to, or standard output is closed.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let text = match &args.out {
        Some(folder) => return write_all(folder),
        None if args.asyncapi => asyncapi::document(),
        None => args.payload.schema(),
    };
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Every file that is published under `docs`, by its path there.
fn all_files() -> Vec<(PathBuf, String)> {
    let schemas = Payload::ALL.iter().map(|payload| (Path::new("schemas").join(payload.file_name()), payload.schema()));
    schemas.chain([(PathBuf::from(asyncapi::FILE_NAME), asyncapi::document())]).collect()
}

fn write_all(folder: &Path) -> anyhow::Result<()> {
    let schemas = folder.join("schemas");
    std::fs::create_dir_all(&schemas).with_context(|| format!("cannot make the folder {}", schemas.display()))?;
    for (path, text) in all_files() {
        let path = folder.join(path);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_contract_is_that_of_this_program() {
        for (path, text) in all_files() {
            let path = Path::new("docs").join(path);
            let published = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                published == text,
                "{} is out of date: run `gatelpr schema --out docs`, and check that fields were only added",
                path.display()
            );
        }
    }

    #[test]
    fn all_of_it_is_written_into_a_folder_that_need_not_exist() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("new");
        run(&Args { payload: Payload::Passage, asyncapi: false, out: Some(folder.clone()) })
            .expect("it can be written");
        for (path, text) in all_files() {
            assert_eq!(std::fs::read_to_string(folder.join(path)).expect("it was written"), text);
        }
    }
}
