//! Events under way on one connection: handed over in order, and answered for one by one.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Acknowledgement, PublishError};

/// The events under way, oldest first. It ends with its connection.
pub(super) struct Window {
    under_way: VecDeque<UnderWay>,
    /// The newest event handed over; what has a higher number was not handed over yet.
    last_sent: u64,
    /// When the broker last answered.
    answered_at: Instant,
}

struct UnderWay {
    seq: u64,
    sent_at: Instant,
    acknowledgement: Acknowledgement,
}

/// What the broker has answered.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The events it has acknowledged.
    pub(super) acknowledged: Vec<u64>,
    /// The events it has refused, and why; the connection goes on.
    pub(super) refused: Vec<(u64, PublishError)>,
    /// Why it acknowledges no more.
    pub(super) failure: Option<PublishError>,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { under_way: VecDeque::new(), last_sent: 0, answered_at: Instant::now() }
    }

    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    pub(super) fn contains(&self, seq: u64) -> bool {
        self.under_way.iter().any(|event| event.seq == seq)
    }

    pub(super) fn last_sent(&self) -> u64 {
        self.last_sent
    }

    pub(super) fn push(&mut self, seq: u64, acknowledgement: Acknowledgement) {
        self.last_sent = self.last_sent.max(seq);
        self.under_way.push_back(UnderWay { seq, sent_at: Instant::now(), acknowledgement });
    }

    /// Notes that the event of this number needs no sending.
    pub(super) fn pass(&mut self, seq: u64) {
        self.last_sent = self.last_sent.max(seq);
    }

    /// Waits for the oldest event's answer and takes along the answers that have come to those behind it. Waits for ever
    /// when nothing is under way. Dropping the wait loses nothing.
    ///
    /// MQTT brokers acknowledge in order, so the oldest is answered first; where one does not, the others are only
    /// deleted later.
    pub(super) async fn answered(&mut self, patience: Duration) -> Answered {
        let Some(oldest) = self.under_way.front_mut() else { return std::future::pending().await };
        let deadline = oldest.sent_at.max(self.answered_at) + patience;
        let answer = timeout_at(deadline, &mut oldest.acknowledgement).await;
        let not_acknowledged = PublishError::NotAcknowledged { seq: oldest.seq, patience };
        let mut answered = Answered::default();
        self.take(answer.unwrap_or(Err(not_acknowledged)), &mut answered);
        self.take_ready(&mut answered);
        answered
    }

    /// The answers that have come, without waiting.
    pub(super) fn answered_so_far(&mut self) -> Answered {
        let mut answered = Answered::default();
        self.take_ready(&mut answered);
        answered
    }

    fn take_ready(&mut self, answered: &mut Answered) {
        let mut context = Context::from_waker(Waker::noop());
        while let Some(oldest) = self.under_way.front_mut() {
            match oldest.acknowledgement.as_mut().poll(&mut context) {
                Poll::Ready(answer) => self.take(answer, answered),
                Poll::Pending => return,
            }
        }
    }

    fn take(&mut self, answer: Result<(), PublishError>, answered: &mut Answered) {
        let Some(oldest) = self.under_way.pop_front() else { return };
        match answer {
            Ok(()) => {
                self.answered_at = Instant::now();
                answered.acknowledged.push(oldest.seq);
            }
            Err(error) if error.is_refusal() => {
                self.answered_at = Instant::now();
                answered.refused.push((oldest.seq, error));
            }
            Err(error) => answered.failure = answered.failure.take().or(Some(error)),
        }
    }
}
