//! The registrar, with everything that it looks up in.

use std::thread::JoinHandle;

use anyhow::Context as _;

use super::pairs_file::PairsFile;
use crate::config::{Config, rear_lanes};
use crate::declared::NewestDeclared;
use crate::plate_list::PlateLists;
use crate::registrar::Registrar;
use crate::visit::VisitBook;

/// The registrar, and the thread that keeps the trailers that it comes to know.
pub(super) fn start(
    config: &Config,
    declared: &NewestDeclared,
    lists: PlateLists,
) -> anyhow::Result<(Registrar, JoinHandle<()>)> {
    let (known, file) = PairsFile::open(&config.outbox.directory);
    let (pairs, keeper) = file.keep(known.clone()).context("cannot start the thread that keeps known trailers")?;
    let visits = VisitBook::new(rear_lanes(&config.lanes), known);
    let registrar = Registrar::new(visits).keeping_pairs(pairs).with_declared(declared.clone()).with_lists(lists);
    Ok((registrar, keeper))
}
