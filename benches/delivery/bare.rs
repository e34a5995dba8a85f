//! The MQTT client alone: payloads from memory, a window, nothing kept.

use std::sync::Arc;
use std::time::Duration;

use gatelpr::clock::Clock;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::WINDOW;

pub(crate) struct Client {
    client: mqtt5::AsyncClient,
    window: Arc<Semaphore>,
}

impl Client {
    pub(crate) async fn connect(port: u16) -> Self {
        let mut options = mqtt5::MqttOptions::new("bare", ("127.0.0.1", port));
        options.set_keep_alive(20);
        let (client, mut turning) = mqtt5::AsyncClient::builder(options).capacity(1024).build();
        while !matches!(turning.poll().await, Ok(mqtt5::Event::Incoming(mqtt5::Packet::ConnAck(_)))) {}
        tokio::spawn(async move { while turning.poll().await.is_ok() {} });
        Self { client, window: Arc::new(Semaphore::new(WINDOW)) }
    }

    /// One event each so often; the time from handing over to PUBACK of each.
    pub(crate) async fn steady(&self, payload: &str, rate: u64, count: u64) -> Vec<Duration> {
        let clock = Clock::start();
        let mut under_way = JoinSet::new();
        for number in 0..count {
            let due = Duration::from_secs(number) / u32::try_from(rate).expect("a rate");
            tokio::time::sleep(due.saturating_sub(clock.elapsed())).await;
            self.publish(payload, &mut under_way).await;
        }
        under_way.join_all().await
    }

    /// All at once; the time until the last PUBACK.
    pub(crate) async fn all(&self, payload: &str, count: u64) -> Duration {
        let clock = Clock::start();
        let mut under_way = JoinSet::new();
        for _ in 0..count {
            self.publish(payload, &mut under_way).await;
            while under_way.try_join_next().is_some() {}
        }
        under_way.join_all().await;
        clock.elapsed()
    }

    async fn publish(&self, payload: &str, under_way: &mut JoinSet<Duration>) {
        let clock = Clock::start();
        let place = Arc::clone(&self.window).acquire_owned().await.expect("nobody closes it");
        let options = mqtt5::PublishOptions::at_least_once();
        let topic = "gatelpr/v1/huu-nghi/g1/lane/in-2/passage";
        let notice = self.client.try_publish_tracked(topic, payload.to_owned(), options).expect("the queue is longer");
        under_way.spawn(async move {
            // "No matching subscribers" is an acknowledgement too.
            notice.wait_completion_async().await.expect("mosquitto acknowledges");
            drop(place);
            clock.elapsed()
        });
    }
}
