//! **gatelpr** reads number plates at vehicle gates and delivers one event per vehicle over MQTT, without losing any.
//!
//! # The frame's way (one direction, no way back)
//!
//! ```text
//! camera ──Frame──▶ mailbox ──▶ detect ──▶ read ──Sighting──▶ lane (track ▸ consensus ▸ passage)
//!                   └── recognition thread: synchronous, deterministic ──┘        │ Passage
//!                                             registrar (visit ▸ declared ▸ lists) ▼ + Dossier
//!                                PlateEvent ──▶ outbox (SQLite, fsync) ──▶ delivery ──▶ MQTT ──PUBACK──▶ delete
//! ```
//!
//! # Modules, in reading order
//!
//! The domain: values and decisions. No I/O, no clock, nothing that can fail.
//!
//! * [`frame`], [`geometry`]: a picture with its moment; points, boxes, quadrilaterals and zones in it
//! * [`plate`], [`sharpness`]: what is seen and read on a plate, and how well
//! * [`optics`]: the picture set straight; [`picture_quality`]: how good it is, and whether the camera still sees its lane;
//!   [`motion`]: whether anything moves in it
//! * [`plate_format`]: which texts are plates, in Vietnam, in China, and anywhere
//! * [`tracking`], [`consensus`], [`lane`], [`passage`]: from sightings to one passage per vehicle; [`side_number`]: what is
//!   painted on its side
//! * [`traffic`]: how dense the traffic in a lane is, whether plates are legible or not
//! * [`trigger`]: a vehicle is known to be there, and is answered even unread
//! * [`registrar`]: what is known of a vehicle beside what was seen, as its [`dossier`]; [`visit`]: which passages are one
//!   coming and going; [`declared`]: who is expected; [`plate_list`]: the operator's own lists
//!
//! The seams to the world. They know the domain, and never each other.
//!
//! * [`camera`]: where frames come from
//! * [`inference`]: ONNX models behind two traits, a detector and a recogniser; [`artifact`]: their pinned files
//! * [`publish`]: the event on the wire, the outbox that cannot lose it, the broker
//! * [`tls`]: whom connections trust and how they identify themselves
//! * [`gpio`]: lines of the computer; [`barrier`]: pulses on one of them
//! * [`triggers`]: how the world says that a vehicle is there; [`web`]: the port for other devices of the gate
//! * [`console`]: the pages for people at the gate, and what they ask
//! * [`evidence`]: pictures of what was read, as files that events name with their hashes
//! * [`proof`]: the gate's key, and how a receiver shows that nothing is missing or altered
//! * [`machine`]: memory, disk, temperature
//!
//! What joins them.
//!
//! * [`config`]: the operator's file, checked whole before anything starts
//! * [`pipeline`]: one frame through every stage; [`recognition`]: the thread that does it and keeps the events
//! * [`list_actions`]: what is done for a vehicle on a list
//! * [`traffic_watch`]: the traffic of all lanes, told every ten seconds
//! * [`newest_frames`]: the last picture of each camera, and [`live_view`]: what is followed in each lane, for whoever asks
//! * [`recognition_status`], [`health`]: how all this fares, and the report of it; [`alarm`]: what needs somebody;
//!   [`overload`]: whether it keeps up
//! * `couriers`: who brings events where
//! * [`pulse`]: whether a loop turns; [`service`]: what systemd is told of that
//! * [`daemon`]: start order, wait, stop order reversed; [`stop`], [`backoff`], [`clock`], [`clock_sync`], [`logging`], [`login`], [`http_client`],
//!   [`durable_file`], [`resting_file`], [`token_bucket`], [`jpeg`]: what all this needs
//! * [`doctor`]: what is wrong with a gate, and what to do about it
//! * [`capacity`]: how many cameras this computer holds
//! * [`evaluation`]: how well labelled pictures are read; [`synthetic`]: gates that do not exist, played and drawn
//! * [`commands`]: what the command line offers, a file each

pub mod alarm;
pub mod artifact;
pub mod backoff;
pub mod barrier;
pub mod camera;
pub mod capacity;
pub mod clock;
pub mod clock_sync;
pub mod commands;
pub mod config;
pub mod consensus;
pub mod console;
mod couriers;
pub mod daemon;
pub mod declared;
pub mod doctor;
pub mod dossier;
pub mod durable_file;
pub mod evaluation;
pub mod evidence;
pub mod frame;
pub mod geometry;
pub mod gpio;
pub mod health;
pub mod http_client;
pub mod inference;
pub mod jpeg;
pub mod lane;
pub mod list_actions;
pub mod live_view;
pub mod logging;
pub mod login;
pub mod machine;
pub mod motion;
pub mod newest_frames;
pub mod optics;
pub mod overload;
pub mod passage;
pub mod picture_quality;
pub mod pipeline;
pub mod plate;
pub mod plate_format;
pub mod plate_list;
pub mod proof;
pub mod publish;
pub mod pulse;
pub mod recognition;
pub mod recognition_status;
pub mod registrar;
pub mod resting_file;
pub mod service;
pub mod sharpness;
pub mod side_number;
pub mod stop;
pub mod synthetic;
pub mod tls;
pub mod token_bucket;
pub mod tracking;
pub mod traffic;
pub mod traffic_watch;
pub mod trigger;
pub mod triggers;
pub mod visit;
pub mod web;
