//! `gatelpr config init`: a few questions, and a commented config that checks.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::questions::{Question, Questions};
use super::secret_file;
use crate::camera;
use crate::commands::UsageError;
use crate::commands::config_file::DEFAULT_PATH;
use crate::config::{Config, Draft, LoginDraft, Protection, SourceDraft};
use crate::durable_file;
use crate::login::{Secret, in_words};

/// Ask a few questions and write a commented config that checks
///
/// What is given as an argument is not asked. Passwords go into files of their own beside the config, which only their owner
/// can read. Answers can be piped in, a line each.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct InitArgs {
    /// The config file to write
    #[arg(value_name = "FILE", default_value = DEFAULT_PATH)]
    file: PathBuf,
    /// Replace the config and the password files that are there
    #[arg(long)]
    force: bool,
    /// Ask nothing: what is not given as an argument is the usual answer
    #[arg(long)]
    quiet: bool,
    /// The site's name
    #[arg(long)]
    site: Option<String>,
    /// The gate's name
    #[arg(long)]
    gate: Option<String>,
    /// The broker's host name or address
    #[arg(long, value_name = "HOST")]
    broker: Option<String>,
    /// The broker's port
    #[arg(long)]
    port: Option<String>,
    /// Whether the connection to the broker is encrypted: yes or no
    #[arg(long, value_name = "YES_OR_NO")]
    tls: Option<String>,
    /// The file with the certificate of the broker's CA; an empty one stands for the system's CAs
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// The user at the broker; an empty one for none. The password is asked for
    #[arg(long)]
    user: Option<String>,
    /// An address (rtsp://...), a USB camera (its path below /dev/v4l, or usb:NAME), or a video file
    #[arg(long, value_name = "WHERE")]
    camera: Option<String>,
    /// The user at the camera; an empty one for none. The password is asked for
    #[arg(long, value_name = "USER")]
    camera_user: Option<String>,
    /// The lane's name
    #[arg(long)]
    lane: Option<String>,
    /// What it means that a vehicle comes towards the camera: in or out
    #[arg(long, value_name = "WAY")]
    approaching: Option<String>,
}

/// Files that passwords are written to, beside the config.
const BROKER_PASSWORD: &str = "mqtt-password";
const CAMERA_PASSWORD: &str = "camera-password";

/// Runs `gatelpr config init`; answers come from `input`.
pub(super) fn run(args: &InitArgs, input: &mut dyn BufRead, out: &mut dyn Write) -> anyhow::Result<()> {
    refuse_to_overwrite(args, &args.file)?;
    let folder = std::path::absolute(&args.file)?;
    let folder = folder.parent().unwrap_or(Path::new("/")).to_owned();
    anyhow::ensure!(folder.is_dir(), "there is no folder {}: make it first", folder.display());
    let questions = Questions { input, out, quiet: args.quiet };
    let mut interview = Interview { args, folder, questions, draft: Draft::default(), secrets: Vec::new() };
    interview.hold()?;
    interview.write()
}

fn refuse_to_overwrite(args: &InitArgs, file: &Path) -> anyhow::Result<()> {
    if args.force || !file.exists() {
        return Ok(());
    }
    Err(UsageError(format!("{} is there already: --force replaces it", file.display())).into())
}

struct Interview<'a> {
    args: &'a InitArgs,
    folder: PathBuf,
    questions: Questions<'a>,
    draft: Draft,
    /// Passwords, and the files that they go into.
    secrets: Vec<(&'static str, Secret)>,
}

impl Interview<'_> {
    fn hold(&mut self) -> anyhow::Result<()> {
        let usual = Draft::default();
        let name = "letters (a-z, A-Z), digits, '-', '_', '.'";
        let args = self.args;
        let site = Question {
            what: &format!("Name of the site: {name}"),
            usual: &usual.site,
            flag: ("site", args.site.as_deref()),
        };
        self.ask(&site, |draft, answer| draft.site = answer.to_owned())?;
        let gate = Question { what: "Name of the gate", usual: &usual.gate, flag: ("gate", args.gate.as_deref()) };
        self.ask(&gate, |draft, answer| draft.gate = answer.to_owned())?;
        self.ask_about_the_broker()?;
        self.ask_about_the_camera()?;
        let lane = Question { what: "Name of the lane", usual: &usual.lane, flag: ("lane", args.lane.as_deref()) };
        self.ask(&lane, |draft, answer| draft.lane = answer.to_owned())?;
        let approaching = Question {
            what: "A vehicle that comes towards the camera goes: in or out",
            usual: &usual.approaching,
            flag: ("approaching", args.approaching.as_deref()),
        };
        self.ask(&approaching, |draft, answer| draft.approaching = answer.to_owned())
    }

    fn ask_about_the_broker(&mut self) -> anyhow::Result<()> {
        let args = self.args;
        let host = Question {
            what: "Broker: host name or address",
            usual: &Draft::default().broker.host,
            flag: ("broker", args.broker.as_deref()),
        };
        self.ask(&host, |draft, answer| draft.broker.host = answer.to_owned())?;
        let usual_tls = if self.draft.broker.is_this_computer() { "no" } else { "yes" };
        let what = "Is the connection to it encrypted (TLS): yes or no";
        let tls = Question { what, usual: usual_tls, flag: ("tls", args.tls.as_deref()) };
        let mut encrypted = false;
        self.questions.ask(&tls, |answer| {
            encrypted = match answer.to_lowercase().as_str() {
                "yes" | "y" => true,
                "no" | "n" => false,
                _ => return Err("answer yes or no".to_owned()),
            };
            Ok(())
        })?;
        if encrypted {
            let what = "File with the certificate of the broker's CA (empty: the CAs of this system)";
            let ca_file = Question { what, usual: "", flag: ("ca-file", args.ca_file.as_deref()) };
            self.ask(&ca_file, |draft, answer| {
                draft.broker.protection = Protection::Tls(Some(answer.to_owned()).filter(|file| !file.is_empty()));
            })?;
        }
        let usual_port = if encrypted { "8883" } else { "1883" };
        let port = Question { what: "Broker: port", usual: usual_port, flag: ("port", args.port.as_deref()) };
        self.ask(&port, |draft, answer| {
            draft.broker.port = (answer != usual_port).then(|| answer.to_owned());
        })?;
        let what = "User at the broker (empty: none)";
        self.ask_for_a_login(what, ("user", args.user.as_deref()), BROKER_PASSWORD)
            .map(|login| self.draft.broker.login = login)
    }

    fn ask_about_the_camera(&mut self) -> anyhow::Result<()> {
        let devices = camera::usb_devices();
        let plugged_in = devices.first().map(|device| device.name.clone());
        let usual = plugged_in.unwrap_or_else(|| "rtsp://192.0.2.10/stream1".to_owned());
        let what = "Camera: its address (rtsp://...), a USB camera (usb:NAME), or a video file";
        let source = Question { what, usual: &usual, flag: ("camera", self.args.camera.as_deref()) };
        let is_usb = |answer: &str| answer.starts_with("/dev/") || devices.iter().any(|device| device.name == answer);
        self.ask(&source, |draft, answer| {
            draft.source = if let Some(name) = answer.strip_prefix("usb:") {
                SourceDraft::Usb(name.to_owned())
            } else if is_usb(answer) {
                SourceDraft::Usb(answer.to_owned())
            } else if answer.contains("://") {
                SourceDraft::Rtsp(answer.to_owned(), None)
            } else {
                SourceDraft::Video(answer.to_owned())
            };
        })?;
        if let SourceDraft::Rtsp(url, _) = self.draft.source.clone() {
            let what = "User at the camera (empty: none)";
            let flag = ("camera-user", self.args.camera_user.as_deref());
            let login = self.ask_for_a_login(what, flag, CAMERA_PASSWORD)?;
            self.draft.source = SourceDraft::Rtsp(url, login);
        }
        Ok(())
    }

    /// Asks until the draft with the answer in it checks.
    fn ask(&mut self, question: &Question<'_>, set: impl Fn(&mut Draft, &str)) -> anyhow::Result<()> {
        let (draft, folder) = (&mut self.draft, &self.folder);
        self.questions.ask(question, |answer| {
            let mut changed = draft.clone();
            set(&mut changed, answer);
            changed.check(folder).map_err(|problems| problems.in_brief())?;
            *draft = changed;
            Ok(())
        })
    }

    fn ask_for_a_login(
        &mut self,
        what: &str,
        flag: (&'static str, Option<&str>),
        file: &'static str,
    ) -> anyhow::Result<Option<LoginDraft>> {
        let mut user = String::new();
        self.questions.ask(&Question { what, usual: "", flag }, |answer| {
            answer.clone_into(&mut user);
            Ok(())
        })?;
        if user.is_empty() {
            return Ok(None);
        }
        let password = self.questions.ask_secret(&format!("Password of {user}"))?;
        let Some(password) = password else { return Ok(Some(LoginDraft { user, password_file: None })) };
        refuse_to_overwrite(self.args, &self.folder.join(file))?;
        self.secrets.push((file, password));
        Ok(Some(LoginDraft { user, password_file: Some(file.to_owned()) }))
    }

    fn write(self) -> anyhow::Result<()> {
        let (file, out) = (&self.args.file, self.questions.out);
        for (name, secret) in &self.secrets {
            let path = self.folder.join(name);
            secret_file::write(&path, secret)
                .map_err(|error| anyhow::anyhow!("cannot write {}: {}", path.display(), in_words(&error)))?;
        }
        let text = self.draft.text();
        Config::parse(&text, &file.display().to_string(), &self.folder)?;
        durable_file::replace(file, |written| written.write_all(text.as_bytes()))
            .map_err(|error| anyhow::anyhow!("{}", in_words(&error)))
            .with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(out, "\n{} is written.", file.display())?;
        for (name, _) in &self.secrets {
            writeln!(out, "{}: a password, for its owner's eyes only", self.folder.join(name).display())?;
        }
        writeln!(out, "\nNext:")?;
        writeln!(out, "  gatelpr check --probe {}", file.display())?;
        writeln!(out, "  gatelpr cameras grab {} {} picture.jpg", file.display(), self.draft.camera)?;
        Ok(writeln!(out, "Then start it: {}", start_of(file))?)
    }
}

/// How the daemon is started with this file.
fn start_of(file: &Path) -> String {
    if file == Path::new(DEFAULT_PATH) {
        "systemctl enable --now gatelpr".to_owned()
    } else {
        format!("gatelpr run {}", file.display())
    }
}
