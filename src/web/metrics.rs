//! The gate's figures as Prometheus reads them. Names and units are a contract: docs/operations.md lists them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::camera_metrics;
use crate::alarm::Alarm;
use crate::publish::DeliveryStatus;
use crate::publish::health::{EvidenceHealth, GateHealth, OutboxHealth};
use crate::publish::traffic::TrafficReport;

/// What is told, at one moment.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    pub(super) health: Option<GateHealth>,
    pub(super) report_age: Duration,
    pub(super) traffic: Vec<Arc<TrafficReport>>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) broker: DeliveryStatus,
    pub(super) is_ready: bool,
}

/// The names and values that tell one series of a figure from the others.
pub(super) type Labels = Vec<(&'static str, String)>;
/// One series of a figure.
pub(super) type Row = (Labels, f64);

impl Figures {
    pub(super) fn to_text(&self) -> String {
        let mut registry = Registry::with_prefix("gatelpr");
        registry.register_collector(Box::new(self.clone()));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).expect("a text takes every figure");
        text
    }
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut table = Table(encoder);
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        table.gauges("build_info", "The version that runs; always 1", &[(version, 1.0)])?;
        table.gauge("ready", "Whether the gate can do what it is for: 1 or 0", Some(one_if(self.is_ready)))?;
        table.gauge(
            "broker_connected",
            "Whether there is a connection to the broker: 1 or 0",
            Some(one_if(self.broker.connected)),
        )?;
        table.gauge(
            "health_report_age_seconds",
            "Age of the figures of cameras, evidence and machine",
            Some(self.report_age.as_secs_f64()),
        )?;
        let alarms: Vec<Row> =
            self.alarms.iter().map(|alarm| (vec![("kind", alarm.kind.name().to_owned())], 1.0)).collect();
        table.gauges("alarm_active", "Alarms that stand; absent where none of the kind does", &alarms)?;
        self.lanes(&mut table)?;
        let Some(health) = &self.health else { return Ok(()) };
        table.gauge("uptime_seconds", "How long the program has run", Some(health.uptime_s))?;
        camera_metrics::tell(&mut table, &health.cameras)?;
        outbox(&mut table, &self.destinations(health))?;
        let (p50, p99) = (health.recognition.inference_ms_p50, health.recognition.inference_ms_p99);
        let quantile = |name: &str, ms: Option<f64>| Some((vec![("quantile", name.to_owned())], ms? / 1000.0));
        let quantiles: Vec<Row> = quantile("0.5", p50).into_iter().chain(quantile("0.99", p99)).collect();
        table.gauges("analysis_duration_seconds", "How long the last thousand frames took to analyse", &quantiles)?;
        evidence(&mut table, health.evidence.as_ref())?;
        let machine = &health.machine;
        table.gauge("resident_memory_bytes", "Memory that the program holds", machine.rss_bytes.map(as_f64))?;
        table.gauge("disk_free_bytes", "Free space where events wait", machine.disk_free_bytes.map(as_f64))?;
        table.gauge("disk_size_bytes", "All space there", machine.disk_total_bytes.map(as_f64))?;
        table.gauge("temperature_celsius", "The hottest sensor of the computer", machine.temperature_c)
    }
}

impl Figures {
    fn destinations<'a>(&'a self, health: &'a GateHealth) -> Vec<(&'a str, OutboxHealth)> {
        // What the broker has is known at this moment; the report may be half a minute old.
        let broker = OutboxHealth {
            depth: self.broker.depth,
            delivered: self.broker.delivered,
            republished: self.broker.republished,
            refused: self.broker.refused,
            failures: self.broker.failures,
            ..health.outbox.clone()
        };
        let others = health.destinations.iter().map(|other| (other.name.as_str(), other.events.clone()));
        std::iter::once(("broker", broker)).chain(others).collect()
    }

    fn lanes(&self, table: &mut Table<'_>) -> fmt::Result {
        let rows = |value: fn(&TrafficReport) -> Option<f64>| -> Vec<Row> {
            let lanes = self.traffic.iter();
            lanes.filter_map(|report| Some((vec![("lane", report.lane.clone())], value(report)?))).collect()
        };
        table.gauges("lane_vehicles", "Vehicles in the lane's zone", &rows(|r| r.vehicles_in_view.map(f64::from)))?;
        table.gauges("lane_queue_vehicles", "Those of them that stand", &rows(|r| r.queue_length.map(f64::from)))?;
        let oldest = rows(|report| report.oldest_wait_s);
        table.gauges("lane_oldest_wait_seconds", "How long the one that has waited longest has waited", &oldest)?;
        table.gauges("lane_occupancy_ratio", "Share of the lane's length that is occupied", &rows(|r| r.occupancy))?;
        let arrivals = rows(|report| report.arrivals_5m.map(f64::from));
        table.gauges("lane_arrivals_5m", "Vehicles that came in the last 5 minutes", &arrivals)?;
        let departures = rows(|report| report.departures_5m.map(f64::from));
        table.gauges("lane_departures_5m", "Vehicles that went in the last 5 minutes", &departures)
    }
}

fn outbox(table: &mut Table<'_>, destinations: &[(&str, OutboxHealth)]) -> fmt::Result {
    let rows = |value: fn(&OutboxHealth) -> Option<f64>| -> Vec<Row> {
        let row =
            |(name, events): &(&str, OutboxHealth)| Some((vec![("destination", (*name).to_owned())], value(events)?));
        destinations.iter().filter_map(row).collect()
    };
    table.gauges("outbox_events", "Events that wait to be delivered", &rows(|events| Some(as_f64(events.depth))))?;
    table.gauges(
        "outbox_oldest_age_seconds",
        "How long the oldest of them has waited",
        &rows(|events| events.oldest_age_s),
    )?;
    table.counters(
        "events_delivered",
        "Events that were acknowledged",
        &rows(|events| Some(as_f64(events.delivered))),
    )?;
    table.counters(
        "events_republished",
        "How often an event was sent again",
        &rows(|events| Some(as_f64(events.republished))),
    )?;
    table.counters("events_refused", "How often an event was refused", &rows(|events| Some(as_f64(events.refused))))?;
    let failures = rows(|events| Some(as_f64(events.failures)));
    table.counters("delivery_failures", "Connections that were lost or could not be made", &failures)
}

fn evidence(table: &mut Table<'_>, evidence: Option<&EvidenceHealth>) -> fmt::Result {
    let row = |value: fn(&EvidenceHealth) -> u64| -> Vec<Row> {
        evidence.map(|evidence| (Vec::new(), as_f64(value(evidence)))).into_iter().collect()
    };
    table.gauges("evidence_pictures", "Pictures on the disk", &row(|evidence| evidence.stored))?;
    table.gauges("evidence_bytes", "What they take of the disk", &row(|evidence| evidence.bytes))?;
    table.gauges(
        "evidence_waiting_pictures",
        "Pictures that wait to be delivered",
        &row(|evidence| evidence.waiting),
    )?;
    table.counters("evidence_kept_pictures", "Pictures that were written", &row(|evidence| evidence.kept))?;
    table.counters(
        "evidence_pruned_pictures",
        "Pictures that were deleted for age or room",
        &row(|evidence| evidence.pruned),
    )?;
    table.counters("evidence_lost_pictures", "Pictures that were lost", &row(|evidence| evidence.lost))?;
    table.counters("evidence_delivered_pictures", "Pictures that were delivered", &row(|evidence| evidence.delivered))
}

/// Where figures are told: a name, what it means, and its series. What has no series is left out.
pub(super) struct Table<'a>(DescriptorEncoder<'a>);

impl Table<'_> {
    /// A figure without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) -> fmt::Result {
        let row: Vec<Row> = value.map(|value| (Vec::new(), value)).into_iter().collect();
        self.gauges(name, help, &row)
    }

    /// What goes up and down.
    pub(super) fn gauges(&mut self, name: &str, help: &str, rows: &[Row]) -> fmt::Result {
        if rows.is_empty() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        rows.iter().try_for_each(|(labels, value)| metric.encode_family(labels)?.encode_gauge(value))
    }

    /// What only rises, since the program started; told with `_total` at its name.
    pub(super) fn counters(&mut self, name: &str, help: &str, rows: &[Row]) -> fmt::Result {
        if rows.is_empty() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        rows.iter().try_for_each(|(labels, value)| {
            metric.encode_family(labels)?.encode_counter::<Labels, f64, f64>(value, None)
        })
    }
}

pub(super) fn one_if(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus keeps nothing finer")]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::AlarmKind;
    use crate::web::tests::health;

    #[test]
    fn every_figure_is_told_with_its_name_and_meaning() {
        let alarm = Alarm { kind: AlarmKind::DiskFull, since: jiff::Timestamp::UNIX_EPOCH, text: "full".into() };
        let figures = Figures {
            health: Some(health()),
            report_age: Duration::from_secs(3),
            traffic: Vec::new(),
            alarms: vec![alarm],
            broker: DeliveryStatus { connected: true, depth: 2, ..DeliveryStatus::default() },
            is_ready: false,
        };
        insta::assert_snapshot!(figures.to_text());
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let figures = Figures {
            health: None,
            report_age: Duration::ZERO,
            traffic: Vec::new(),
            alarms: Vec::new(),
            broker: DeliveryStatus::default(),
            is_ready: false,
        };
        let text = figures.to_text();
        assert!(
            text.contains("gatelpr_ready 0.0\n") && !text.contains("camera_") && !text.contains("alarm_"),
            "{text}"
        );
    }
}
