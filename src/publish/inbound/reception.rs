//! The way from the broker to the thread that reads what came in, and the way of its replies back.
//!
//! A list of 200,000 vehicles takes a second to read and keep; nothing of that may hold up the delivery of events. So the
//! delivery task only looks at size and rate, and the rest is done by a thread of its own. Both ways are bounded: what
//! does not fit is refused, or, for replies, dropped and counted. Not here: what any of it means.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::declared_keeper::{DeclaredKeeper, DeclaredSettings};
use super::declared_store::{DeclaredStore, DeclaredView};
use super::desk::{CommandDesk, Done};
use super::gatekeeper::{Door, Gatekeeper};
use super::number_book::NumberBook;
use super::receipt::Receipt;
use super::receipt_watch::{ReceiptWatch, ReceiptsView};
use super::refusal::{InboundCounts, Reason, Refusal};
use super::{InboundHealth, InboundTopic};
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::publish::Outbox;
use crate::publish::command::{Command, CommandReply};
use crate::publish::mqtt::Message;
use crate::publish::topics::TopicRoot;
use crate::publish::utc_time::UtcTime;

/// Messages that may wait for the thread.
const MOST_WAITING: usize = 256;
/// Replies that may wait for a connection.
const MOST_REPLIES: usize = 64;
/// How often receipts and the declared list are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What the reception must be told.
#[derive(Debug)]
pub struct InboundSettings {
    /// Who is let in.
    pub gatekeeper: Gatekeeper,
    /// Largest declared list, in bytes.
    pub max_declared: usize,
    /// Where else it comes from, and who reads it.
    pub declared: DeclaredSettings,
    /// How long the platform may take to confirm an event.
    pub receipts_overdue: Duration,
    /// Where numbers and lists are kept.
    pub folder: PathBuf,
    /// What every topic begins with.
    pub root: TopicRoot,
    /// Where it tells what needs somebody.
    pub alarms: Alarms,
    /// Measures rates and stamps what comes.
    pub clock: Clock,
}

/// Takes what comes from the broker. The thread behind it ends when this is dropped.
#[derive(Debug)]
pub struct Reception {
    door: Door,
    root: TopicRoot,
    clock: Clock,
    counts: InboundCounts,
    way: SyncSender<Arrived>,
    /// Bytes on the way, and how many may be.
    waiting: (Arc<AtomicUsize>, usize),
    replies: mpsc::Receiver<Message>,
}

#[derive(Debug)]
struct Arrived {
    topic: InboundTopic,
    message: Message,
}

/// A look at what comes in, for whoever reports it. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct InboundView {
    counts: InboundCounts,
    replies_dropped: Arc<AtomicU64>,
    declared: DeclaredView,
    receipts: ReceiptsView,
}

impl InboundView {
    /// The declared list in use, for those who match plates with it.
    #[must_use]
    pub fn declared(&self) -> &DeclaredView {
        &self.declared
    }

    /// All of it, by the wall clock `now`.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> InboundHealth {
        InboundHealth {
            command: self.counts.of(InboundTopic::Command),
            declared: self.counts.of(InboundTopic::Declared),
            receipt: self.counts.of(InboundTopic::Receipt),
            replies_dropped: self.replies_dropped.load(Ordering::Relaxed),
            declared_list: self.declared.health(now),
            receipts: self.receipts.health(),
        }
    }
}

impl Reception {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(
        settings: InboundSettings,
        desk: CommandDesk,
        outbox: Outbox,
    ) -> std::io::Result<(Self, InboundView, JoinHandle<()>)> {
        let (way, arrivals) = sync_channel(MOST_WAITING);
        let (reply, replies) = mpsc::channel(MOST_REPLIES);
        let newest = settings.declared.newest.clone();
        let store = DeclaredStore::open_for(newest, &settings.folder, settings.clock.now().wall);
        let view = InboundView { declared: store.view(), ..InboundView::default() };
        let waiting = Arc::new(AtomicUsize::new(0));
        let reader = Reader {
            gatekeeper: settings.gatekeeper,
            book: NumberBook::open(&settings.folder),
            declared: DeclaredKeeper::new(store, &settings.declared, settings.max_declared, settings.alarms.clone()),
            desk,
            outbox,
            watch: ReceiptWatch::default(),
            receipts_overdue: settings.receipts_overdue,
            alarms: settings.alarms,
            clock: settings.clock,
            view: view.clone(),
            root: settings.root.clone(),
            reply,
            waiting: Arc::clone(&waiting),
        };
        let thread = std::thread::Builder::new().name("inbound".to_owned()).spawn(move || reader.run(&arrivals))?;
        let reception = Self {
            door: Door::new(settings.max_declared),
            root: settings.root,
            clock: settings.clock,
            counts: view.counts.clone(),
            way,
            waiting: (waiting, settings.max_declared.saturating_mul(2)),
            replies,
        };
        Ok((reception, view, thread))
    }

    /// The topics to subscribe to, each whole.
    pub(crate) fn topics(&self) -> impl Iterator<Item = (InboundTopic, String)> + '_ {
        InboundTopic::ALL.into_iter().map(|topic| (topic, self.root.join(topic.name())))
    }

    /// Takes a message from the broker; the answer to it, if it is refused at the door and wants one. Never waits.
    pub fn take(&mut self, message: Message) -> Option<Message> {
        let topic = self.topics().find(|(_, name)| *name == message.topic).map(|(topic, _)| topic)?;
        let now = self.clock.elapsed();
        let refusal = match self.door.admit(topic, message.payload.len(), now) {
            Err(refusal) => refusal,
            Ok(()) => match self.hand_over(topic, message) {
                None => return None,
                Some(back) => {
                    let busy =
                        Refusal::new(Reason::TooOften, "too much waits already: wait a moment and send it again");
                    return self.refuse_at_the_door(topic, &back, &busy);
                }
            },
        };
        self.refuse_at_the_door(topic, &message, &refusal)
    }

    /// The next message to be published for it. Dropping the wait loses nothing.
    pub async fn reply(&mut self) -> Message {
        match self.replies.recv().await {
            Some(reply) => reply,
            None => std::future::pending().await,
        }
    }

    /// A message to be published for it that waits already.
    pub(crate) fn waiting_reply(&mut self) -> Option<Message> {
        self.replies.try_recv().ok()
    }

    /// Gives the message back if too much waits already.
    fn hand_over(&self, topic: InboundTopic, message: Message) -> Option<Message> {
        let (waiting, most) = &self.waiting;
        let bytes = message.payload.len();
        if waiting.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > *most {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Some(message);
        }
        let error = self.way.try_send(Arrived { topic, message }).err()?;
        let (TrySendError::Full(back) | TrySendError::Disconnected(back)) = error;
        waiting.fetch_sub(bytes, Ordering::Relaxed);
        Some(back.message)
    }

    fn refuse_at_the_door(&mut self, topic: InboundTopic, message: &Message, refusal: &Refusal) -> Option<Message> {
        self.counts.refused(topic, refusal);
        // What is in the payload is not read here if it is too much.
        let small = message.payload.len() <= super::gatekeeper::MAX_COMMAND && topic == InboundTopic::Command;
        let fields = if small { ReplyFields::of(&message.payload) } else { ReplyFields::default() };
        let reply = CommandReply::refused(UtcTime::new(self.clock.now().wall), refusal.text.clone());
        let now = self.clock.elapsed();
        addressed(reply, message, fields, &self.root).filter(|_| self.door.answers(refusal, now))
    }
}

/// The thread's own.
struct Reader {
    gatekeeper: Gatekeeper,
    book: NumberBook,
    declared: DeclaredKeeper,
    desk: CommandDesk,
    outbox: Outbox,
    watch: ReceiptWatch,
    receipts_overdue: Duration,
    alarms: Alarms,
    clock: Clock,
    view: InboundView,
    root: TopicRoot,
    reply: mpsc::Sender<Message>,
    waiting: Arc<AtomicUsize>,
}

impl Reader {
    fn run(mut self, arrivals: &Receiver<Arrived>) {
        let mut looked_at = Duration::ZERO;
        self.look();
        loop {
            match arrivals.recv_timeout(LOOK) {
                Ok(arrived) => self.read(arrived),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.clock.elapsed().saturating_sub(looked_at) >= LOOK {
                looked_at = self.clock.elapsed();
                self.look();
            }
        }
    }

    fn look(&mut self) {
        self.look_at_receipts();
        self.declared.look(&self.gatekeeper, &mut self.book, self.clock.now().wall);
    }

    fn read(&mut self, Arrived { topic, message }: Arrived) {
        let bytes = message.payload.len();
        let (outcome, fields) = match topic {
            InboundTopic::Command => (self.command(&message), ReplyFields::of(&message.payload)),
            InboundTopic::Declared => (self.declared(&message).map(Done::from), ReplyFields::default()),
            InboundTopic::Receipt => (self.receipt(&message).map(Done::from), ReplyFields::default()),
        };
        let mut then = None;
        let reply = match outcome {
            Ok(done) => {
                self.view.counts.taken(topic);
                then = done.then;
                done.reply
            }
            Err(refusal) => {
                self.view.counts.refused(topic, &refusal);
                CommandReply::refused(UtcTime::new(self.clock.now().wall), refusal.text)
            }
        };
        if let Some(reply) = addressed(reply, &message, fields, &self.root) {
            self.send(reply);
        }
        // The reply goes out by the connection that the command came by.
        drop(then);
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn command(&mut self, message: &Message) -> Result<Done, Refusal> {
        if message.retained {
            // It would be done again at every new connection.
            let text = "a retained message on the command topic is not obeyed; publish commands without retain";
            return Err(Refusal::new(Reason::Retained, text));
        }
        let admitted = self.gatekeeper.read_signed::<Command>(&message.payload)?;
        if let Some(signer) = &admitted.signer {
            self.book.command(signer, admitted.message.number)?;
        }
        let mut done = self.desk.obey(&admitted.message)?;
        info!(command = ?admitted.message.command, "command taken");
        if let Some(first) = done.first.take() {
            self.send(first);
        }
        Ok(done)
    }

    fn declared(&mut self, message: &Message) -> Result<CommandReply, Refusal> {
        let admitted = self.gatekeeper.read_signed(&message.payload)?;
        let now = self.clock.now().wall;
        let list = self.declared.take(admitted.message, &mut self.book, now)?;
        Ok(CommandReply { version: Some(list.version), ..CommandReply::done(UtcTime::new(now)) })
    }

    fn receipt(&mut self, message: &Message) -> Result<CommandReply, Refusal> {
        let receipt: Receipt = self.gatekeeper.read_unsigned(&message.payload)?;
        let failed = |error: crate::publish::OutboxError| Refusal::new(Reason::Refused, error.to_string());
        for range in receipt.checked_ranges()? {
            self.outbox.confirm(range.from_seq, range.to_seq).map_err(failed)?;
        }
        self.look_at_receipts();
        Ok(CommandReply::done(UtcTime::new(self.clock.now().wall)))
    }

    fn look_at_receipts(&mut self) {
        // A disk that fails is told by those who write to it.
        let (Ok(receipts), Ok(last_seq)) = (self.outbox.receipts(), self.outbox.last_seq()) else { return };
        let health = self.watch.look(&receipts, last_seq, self.clock.elapsed());
        let oldest = health.as_ref().and_then(|health| health.oldest_unconfirmed_age_s);
        match oldest.filter(|age| *age >= self.receipts_overdue.as_secs()) {
            Some(_) => {
                let next = health.as_ref().map_or(0, |health| health.confirmed_up_to.saturating_add(1));
                let text = format!(
                    "the platform has not confirmed event {next} within {} s although it confirmed others before; ask its operator, \
                     and have events sent again with `resend` if they are missing there",
                    self.receipts_overdue.as_secs()
                );
                self.alarms.raise(AlarmKind::ReceiptsOverdue, &text, self.clock.now().wall);
            }
            None => self.alarms.clear(AlarmKind::ReceiptsOverdue),
        }
        self.view.receipts.set(health);
    }

    fn send(&self, message: Message) {
        if self.reply.try_send(message).is_err() && self.view.replies_dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            warn!("replies to commands are dropped, and counted from now on: the broker does not take them");
        }
    }
}

/// Where a reply goes and what comes back in it, for clients of MQTT 3.1.1.
#[derive(Debug, Default)]
struct ReplyFields {
    reply_to: Option<String>,
    correlation: Option<String>,
}

impl ReplyFields {
    /// Also of a command with a mistake.
    fn of(payload: &[u8]) -> Self {
        let fields = serde_json::from_slice::<serde_json::Value>(payload).unwrap_or_default();
        let text = |key: &str| fields.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        Self { reply_to: text("reply_to"), correlation: text("correlation") }
    }
}

/// `reply` on its way to whoever sent `message`, if he wants one.
fn addressed(reply: CommandReply, message: &Message, fields: ReplyFields, root: &TopicRoot) -> Option<Message> {
    let topic = message.response_topic.clone().or(fields.reply_to).filter(|topic| may_be_replied_to(topic, root))?;
    let reply = CommandReply { correlation: fields.correlation, ..reply };
    let payload = serde_json::to_vec(&reply).expect("texts and finite numbers have a JSON form");
    Some(Message { correlation: message.correlation.clone(), ..Message::new(topic, payload) })
}

/// Where events, status and pictures stand under the root: nobody may have the gate write anything else there.
const OWN: [&str; 8] = ["command", "declared", "receipt", "status", "health", "lane", "evidence", "snapshot"];

/// Whether a reply can be published there, and does no harm there: brokers end the connection of a client that publishes
/// to what is no topic.
fn may_be_replied_to(topic: &str, root: &TopicRoot) -> bool {
    let is_topic = (1..=65_535).contains(&topic.len()) && !topic.contains(['+', '#', '\0']) && !topic.starts_with('$');
    let level = topic.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
    let level = level.and_then(|rest| rest.split('/').next());
    is_topic && topic != root.as_str() && level.is_none_or(|level| !OWN.contains(&level))
}

#[cfg(test)]
#[path = "reception_tests.rs"]
mod tests;
