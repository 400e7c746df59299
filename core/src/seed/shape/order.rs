//! The order in which a row's columns are computed: each after those that its formula reads.

use super::{Cell, ShapeColumn};
use crate::error::{Error, Result};

/// The columns, each after those that it reads, and otherwise as they stand.
///
/// # Errors
/// `seed.circle`, with every column of it.
pub(super) fn order(columns: &[ShapeColumn]) -> Result<Vec<usize>> {
    let reads: Vec<Vec<usize>> = columns.iter().map(|column| reads(&column.cell)).collect();
    let mut order = Vec::with_capacity(columns.len());
    let mut state = vec![State::New; columns.len()];
    let mut path = Vec::new();
    for column in 0..columns.len() {
        visit(column, &reads, &mut state, &mut path, &mut order).map_err(|circle| refuse(columns, &circle))?;
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Puts a column behind what it reads; the circle that it stands in, otherwise.
fn visit(
    column: usize,
    reads: &[Vec<usize>],
    state: &mut [State],
    path: &mut Vec<usize>,
    order: &mut Vec<usize>,
) -> Result<(), Vec<usize>> {
    match state[column] {
        State::Done => return Ok(()),
        State::Open => {
            let start = path.iter().position(|open| *open == column).unwrap_or(0);
            return Err(path[start..].to_vec());
        }
        State::New => {}
    }
    state[column] = State::Open;
    path.push(column);
    for read in &reads[column] {
        visit(*read, reads, state, path, order)?;
    }
    path.pop();
    state[column] = State::Done;
    order.push(column);
    Ok(())
}

fn reads(cell: &Cell) -> Vec<usize> {
    match cell {
        Cell::Constant(_) | Cell::Given => Vec::new(),
        Cell::Formula(formula) => formula.formula.fields().to_vec(),
        Cell::Array(items) => items.iter().flat_map(reads).collect(),
        Cell::Map(entries) => entries.iter().flat_map(|(_, cell)| reads(cell)).collect(),
    }
}

fn refuse(columns: &[ShapeColumn], circle: &[usize]) -> Error {
    let first = &columns[circle[0]];
    let names: Vec<&str> = circle.iter().chain(&circle[..1]).map(|column| columns[*column].name.as_str()).collect();
    let message = match circle {
        [_] => format!("{} is computed from itself", first.name),
        _ => format!("these columns are computed from one another: {}", names.join(" → ")),
    };
    Error::failed("seed.circle", message).with_help("give one of them a value that does not read the others").at(
        &first.source,
        first.span.clone(),
        "the circle begins here",
    )
}
