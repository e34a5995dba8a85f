//! Which events the platform itself has confirmed, as ranges of numbers: proof from end to end, beyond the broker.

use rusqlite::{Connection, params};

/// What the platform has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipts {
    /// The first number that it ever confirmed; none if it never has. What is older is not expected of it.
    pub first_confirmed: Option<u64>,
    /// The first number behind that which it has not confirmed, if that was given already.
    pub first_unconfirmed: Option<u64>,
    /// How many numbers behind `first_confirmed` it has not confirmed.
    pub unconfirmed: u64,
}

/// Adds a range; ranges that touch become one.
pub(super) fn confirm(database: &mut Connection, from_seq: u64, to_seq: u64) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    let touching = "FROM receipt WHERE from_seq <= ?2 + 1 AND to_seq + 1 >= ?1";
    let (from, to): (Option<u64>, Option<u64>) = transaction.query_row(
        &format!("SELECT min(from_seq), max(to_seq) {touching}"),
        params![from_seq, to_seq],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    transaction.execute(&format!("DELETE {touching}"), params![from_seq, to_seq])?;
    let (from, to) = (from.unwrap_or(from_seq).min(from_seq), to.unwrap_or(to_seq).max(to_seq));
    transaction.execute("INSERT INTO receipt (from_seq, to_seq) VALUES (?1, ?2)", params![from, to])?;
    transaction.commit()
}

/// What is confirmed of the numbers up to `last_seq`.
pub(super) fn read(database: &Connection, last_seq: u64) -> rusqlite::Result<Receipts> {
    let (first, first_end): (Option<u64>, Option<u64>) = database
        .query_row("SELECT from_seq, to_seq FROM receipt ORDER BY from_seq LIMIT 1", [], |row| {
            Ok((Some(row.get(0)?), Some(row.get(1)?)))
        })
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok((None, None)),
            other => Err(other),
        })?;
    let confirmed: u64 =
        database.query_row("SELECT coalesce(sum(to_seq - from_seq + 1), 0) FROM receipt", [], |row| row.get(0))?;
    let expected = first.map_or(0, |first| last_seq.saturating_sub(first) + 1);
    let first_unconfirmed = first_end.map(|end| end + 1).filter(|next| *next <= last_seq);
    Ok(Receipts { first_confirmed: first, first_unconfirmed, unconfirmed: expected.saturating_sub(confirmed) })
}
