//! Events as rows of a table, for spreadsheets.

use axum::body::Bytes;
use csv::WriterBuilder;

use crate::publish::PlateEvent;
use crate::publish::archive_search::Page;

const COLUMNS: [&str; 24] = [
    "seq",
    "event_id",
    "revision",
    "status",
    "first_seen",
    "best_seen",
    "last_seen",
    "lane",
    "camera",
    "direction",
    "plate",
    "key",
    "display",
    "country",
    "province",
    "kind",
    "colour",
    "confidence",
    "no_read_reason",
    "corrected_from",
    "declared",
    "declaration_id",
    "lists",
    "visit_id",
];

/// The row of names. Spreadsheets know by the mark before it that characters are UTF-8.
pub(super) fn head() -> Bytes {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    bytes.extend(rows(std::iter::once(COLUMNS.map(str::to_owned))));
    bytes.into()
}

/// The rows of a page. An event of another version of the program that cannot be read has none.
pub(super) fn of(page: &Page) -> Bytes {
    let events = page.events.iter().filter_map(|json| serde_json::from_str::<PlateEvent>(json).ok());
    rows(events.map(|event| row(&event))).into()
}

fn rows(rows: impl Iterator<Item = [String; COLUMNS.len()]>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless)).expect("memory takes every row");
    }
    writer.into_inner().expect("memory takes every row")
}

/// A spreadsheet would calculate what begins so.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

fn row(event: &PlateEvent) -> [String; COLUMNS.len()] {
    let plate = event.plate.as_ref();
    let of_plate = |part: fn(&crate::publish::event::Plate) -> String| plate.map(part).unwrap_or_default();
    let declared = event.declared.as_ref();
    let lists: Vec<&str> = event.lists.iter().map(|hit| hit.list.as_str()).collect();
    [
        event.seq.to_string(),
        event.event_id.to_string(),
        event.revision.to_string(),
        word(&event.status),
        word(&event.first_seen),
        word(&event.best_seen),
        word(&event.last_seen),
        event.lane.clone(),
        event.camera.clone(),
        word(&event.direction),
        of_plate(|plate| plate.text.clone()),
        of_plate(|plate| plate.key.clone()),
        of_plate(|plate| plate.display.clone()),
        of_plate(|plate| plate.country.clone()),
        of_plate(|plate| plate.province.clone().unwrap_or_default()),
        of_plate(|plate| word(&plate.kind)),
        of_plate(|plate| word(&plate.colour)),
        of_plate(|plate| plate.confidence.to_string()),
        word(&event.no_read_reason),
        event.corrected.as_ref().and_then(|corrected| corrected.read.clone()).unwrap_or_default(),
        declared.map(|declared| word(&declared.kind)).unwrap_or_default(),
        declared.and_then(|declared| declared.declaration_id.clone()).unwrap_or_default(),
        lists.join(" "),
        event.visit_id.map(|id| id.to_string()).unwrap_or_default(),
    ]
}

/// A value as it stands in the event's JSON, without quotes; nothing for none.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::test_passages::event;

    #[test]
    fn an_event_is_a_row_that_no_spreadsheet_calculates() {
        let mut told = event(1);
        told.declared = Some(crate::publish::dossier_wire::Declared {
            kind: crate::publish::dossier_wire::MatchKind::Exact,
            declaration_id: Some("=HYPERLINK(\"x\",1)".into()),
            distance: Some(0.0),
            candidates: vec![],
            list_version: None,
            list_age_s: None,
        });
        let page = Page {
            events: vec![serde_json::to_string(&told).expect("JSON"), "no event".into()],
            next_before_seq: None,
        };
        let table = [head(), of(&page)].concat();
        let text = std::str::from_utf8(&table).expect("a text").strip_prefix('\u{feff}').expect("its mark");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().expect("names").clone();
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("rows");
        let cell = |name: &str| {
            let index = names.iter().position(|known| known == name).expect("a column");
            rows[0].get(index).unwrap_or_default().to_owned()
        };
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (cell("plate"), cell("declared"), cell("status")),
            ("12C12345".into(), "exact".into(), "final".into())
        );
        assert_eq!(cell("declaration_id"), "'=HYPERLINK(\"x\",1)");
    }
}
