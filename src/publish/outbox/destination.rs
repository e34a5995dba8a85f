//! Who is owed events: the broker always, the others where they are configured.

/// Where events go. Each has a courier of its own, so none waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The broker: the delivery that the contract is about.
    Broker,
    /// An HTTP webhook.
    Webhook,
    /// The same events in other systems' forms.
    Mirrors,
}

impl Destination {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Broker, Self::Webhook, Self::Mirrors];

    /// Its bit in the database. Never changed.
    pub(super) fn bit(self) -> i64 {
        match self {
            Self::Broker => 1,
            Self::Webhook => 2,
            Self::Mirrors => 4,
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// Those that are owed every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destinations(i64);

impl Destinations {
    /// The broker alone.
    #[must_use]
    pub fn broker() -> Self {
        Self(Destination::Broker.bit())
    }

    /// These and one more.
    #[must_use]
    pub fn and(self, destination: Destination) -> Self {
        Self(self.0 | destination.bit())
    }

    pub(super) fn bits(self) -> i64 {
        self.0
    }

    pub(super) fn contains(self, destination: Destination) -> bool {
        self.0 & destination.bit() != 0
    }
}
