//! `ferrolite spend`: what was spent, by day and model, from the embedded database.

use std::path::Path;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets::UTF8_BORDERS_ONLY};
use ferrolite_store::{Flusher, Journal, Records, SpendLine, SpendRange, Sqlite, StoreError};
use ferrolite_types::Cost;
use std::sync::Arc;

/// The lines of the table.
///
/// # Errors
/// There is no state in that folder, or it cannot be read.
pub async fn lines(state: &Path, range: SpendRange) -> anyhow::Result<Vec<SpendLine>> {
    let file = state.join("ferrolite.sqlite");
    anyhow::ensure!(file.exists(), "nothing was recorded in {} yet", state.display());
    let records = Sqlite::open(&file).await.context("cannot open the database")?;
    carry_over(state, &records).await?;
    Ok(records.spend(range).await?)
}

/// What a crash left in the journal belongs to the sum. A gateway that runs carries its own journal over.
async fn carry_over(state: &Path, records: &Sqlite) -> anyhow::Result<()> {
    match Journal::open(&state.join("journal")) {
        Ok(journal) => Ok(Flusher::new(Arc::new(journal), Arc::new(records.clone())).drain().await?),
        Err(StoreError::InUse { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The lines as a table for people.
pub fn table(lines: &[SpendLine]) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header([
        "Day",
        "Model",
        "Calls",
        "Failed",
        "Input",
        "Output",
        "Cost (USD)",
    ]);
    for line in lines {
        let SpendLine { day, model, calls, failed, input, output, cost_pico } = line;
        let cost = Cost::from_pico(*cost_pico).to_string();
        table.add_row([
            day.clone(),
            model.clone(),
            calls.to_string(),
            failed.to_string(),
            input.to_string(),
            output.to_string(),
            cost,
        ]);
    }
    const FIRST_NUMBER: usize = 2;
    table
        .column_iter_mut()
        .skip(FIRST_NUMBER)
        .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table.to_string()
}
