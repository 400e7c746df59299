//! SQLite's text: names, types, expressions, and the statements that changes become.

mod alter;
mod conversion;
mod decimal;
mod definition;
mod drift;
mod expression;
mod rebuild;
mod script;
mod types;

use std::sync::Arc;

use fastman_core::dialect::{
    AlterStyle, DdlTransactions, Dialect, EmptyString, Facts, LockScope, NaturalCase, RenderInput, ServerVersion, Step,
    unsupported,
};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::flavour::Flavour;
use fastman_core::schema::{
    Aggregate, BinaryOperator, Change, Column, ColumnType, Expression, Function, Insert, InsertSource, Name, Schema,
    SchemaError, Table, Update,
};
use fastman_core::sql::text;
use fastman_core::value::Value;
use fastman_flavours::SQLITE;

use decimal::Scope;
pub(crate) use definition::{canonical, create_trigger, stored, trigger_name};
pub(crate) use rebuild::PREFIX as REBUILD_PREFIX;
pub(crate) use types::{Affinity, affinity, is_text_decimal, nearest_type, type_of_declaration};

/// The first version with all that is used: ALTER TABLE ... DROP COLUMN (3.35) and `pragma_table_list` (3.37).
pub(crate) const OLDEST: ServerVersion = ServerVersion { major: 3, minor: 37, patch: 0 };

/// SQLite's dialect.
#[derive(Clone, Debug)]
pub struct SqliteDialect {
    version: ServerVersion,
}

/// Makes the dialect; see [`fastman_core::adapter::Adapter::dialect`].
///
/// # Errors
/// A version that is too old.
pub fn make(_: &'static Flavour, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
    let version = version.unwrap_or(OLDEST);
    if version < OLDEST {
        let message = format!("SQLite {version} is too old: {OLDEST} is the oldest that fastman writes for");
        return Err(Error::database(ErrorClass::ServerTooOld, message)
            .with_help("fastman brings a SQLite of its own; only the printed script needs another one"));
    }
    Ok(Arc::new(SqliteDialect { version }))
}

/// A name in quotes.
pub(crate) fn quoted(name: &Name) -> String {
    quoted_text(name.as_str())
}

/// A name in quotes, as the catalog has it.
pub(crate) fn quoted_text(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A change that does not fit the schema it is rendered for.
fn misfit(error: SchemaError) -> Error {
    let misfit = Error::failed(error.code, error.message);
    match error.help {
        Some(help) => misfit.with_help(help),
        None => misfit,
    }
}

impl Dialect for SqliteDialect {
    fn flavour(&self) -> &'static Flavour {
        &SQLITE
    }

    fn server_version(&self) -> ServerVersion {
        self.version
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::Rebuild,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            // SQLITE_MAX_VARIABLE_NUMBER since 3.32.
            max_parameters: 32_766,
            empty_string: EmptyString::Kept,
        }
    }

    fn quote(&self, name: &Name) -> String {
        quoted(name)
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        expression::literal(value, column_type)
    }

    fn placeholder(&self, index: usize) -> String {
        format!("?{index}")
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        Ok(if column.identity { "INTEGER".to_owned() } else { types::declaration(&column.column_type) })
    }

    fn stored(&self, table: &Table) -> Table {
        stored(table)
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: (&str, &Expression),
        right: (&str, &Expression),
    ) -> Result<String> {
        expression::binary(operator, left, right)
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        _: Option<&ColumnType>,
    ) -> Result<String> {
        expression::function(function, arguments)
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        // What a sum is typed as is not what it is computed as; the cast that says so adds nothing.
        if matches!(operand.1, Expression::Aggregate { .. }) && !is_text_decimal(to) && to.is_numeric() {
            return Ok(operand.0.to_owned());
        }
        expression::cast(operand.0, operand.1.column_type().as_ref(), to)
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        Ok(expression::like(operand, pattern, negated))
    }

    fn aggregate(&self, function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
        expression::aggregate(function, argument)
    }

    fn needs_catalog(&self, changes: &[Change], before: &Schema) -> Vec<Name> {
        self.tables_to_rebuild(changes, before)
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        let changed = input.changes.iter().filter_map(|change| input.after.table(change.subject()));
        if let Some(table) = changed.into_iter().find(|table| !definition::rows_have_names(table)) {
            let what = "ON UPDATE CURRENT_TIMESTAMP has to find the row again, by its rowid or by a primary key";
            let why =
                format!("{what}, and in {} columns have every name of the rowid, and there is no key", table.name);
            return Err(unsupported(&SQLITE, why));
        }
        match input.changes {
            [change] if !change.alters_table() => self.single(change, input.before, input.after),
            _ => self.alterations(input),
        }
    }

    fn script_terminator(&self, statement: &str) -> &'static str {
        script::terminator(statement)
    }

    fn script_opening(&self) -> Vec<String> {
        script::opening(true)
    }

    fn script_transaction(&self, statements: &[&str], suspends: bool) -> (Vec<String>, Vec<String>) {
        script::transaction(statements, suspends)
    }

    fn script_statement(&self, statement: &str, suspends: bool) -> Vec<String> {
        script::statement(statement, suspends)
    }
}

impl SqliteDialect {
    /// A change that is no alteration of a table.
    fn single(&self, change: &Change, before: &Schema, after: &Schema) -> Result<Vec<Step>> {
        let scope = Scope { schema: before, query: None };
        Ok(match change {
            Change::CreateTable(written) => {
                let table = after.table(&written.name).map_or(written, |table| table.as_ref());
                let mut steps = vec![Step::ddl(self.create_table(table, &table.name)?, &table.name)];
                for column in table.columns.iter().filter(|column| column.on_update_now) {
                    steps.push(Step::ddl(create_trigger(table, column), &table.name));
                }
                steps
            }
            Change::DropTable { table } => {
                let step = Step::ddl(format!("DROP TABLE {}", quoted(table)), table);
                // Dropping deletes the rows first, which a row that another row of the table restricts would prevent.
                vec![if restricts_itself(before, table) { step.rebuilding(table) } else { step }]
            }
            Change::RenameTable { table, to } => self.rename_table(table, to, before, after),
            Change::CreateIndex { table, index } => {
                let table = known(after, table)?;
                let index = table.indexes.iter().find(|known| known.name == index.name).unwrap_or(index);
                vec![Step::ddl(self.create_index(table, index)?, &table.name)]
            }
            Change::DropIndex { table, index } => vec![Step::ddl(format!("DROP INDEX {}", quoted(index)), table)],
            Change::CreateView(view) => {
                let query = text::select(self, &scope.select(&view.query))?;
                vec![Step::ddl(format!("CREATE VIEW {} AS {query}", quoted(&view.name)), &view.name)]
            }
            Change::DropView { view } => vec![Step::ddl(format!("DROP VIEW {}", quoted(view)), view)],
            // SQLite has no comments: they live in the model alone.
            Change::Comment { .. } => Vec::new(),
            Change::Insert(insert) => vec![self.insert(insert, known(before, &insert.table)?, scope)?],
            Change::Update(update) => vec![self.update(update, known(before, &update.table)?, scope)?],
            Change::Delete(delete) => {
                let mut delete = delete.clone();
                delete.filter = delete.filter.as_ref().map(|filter| scope.settle(filter));
                vec![Step::data(text::delete(self, &delete)?)]
            }
            other => {
                return Err(unsupported(&SQLITE, format!("a change of {} can't stand here", other.subject())));
            }
        })
    }

    fn rename_table(&self, table: &Name, to: &Name, before: &Schema, after: &Schema) -> Vec<Step> {
        let mut steps = Vec::new();
        for column in touched_columns(before, table) {
            steps.push(Step::ddl(definition::drop_trigger(table, &column.name), table));
        }
        let mut step = Step::ddl(format!("ALTER TABLE {} RENAME TO {}", quoted(table), quoted(to)), table);
        step.touches.push(to.clone());
        steps.push(step);
        if let Some(renamed) = after.table(to) {
            for column in touched_columns(after, to) {
                steps.push(Step::ddl(create_trigger(renamed, column), to));
            }
        }
        steps
    }

    fn insert(&self, insert: &Insert, table: &Table, scope: Scope<'_>) -> Result<Step> {
        let type_of = |name: &Name| table.column(name).map(|column| column.column_type.clone());
        let types: Vec<Option<ColumnType>> = insert.columns.iter().map(type_of).collect();
        let source = match &insert.source {
            InsertSource::Select(query) => InsertSource::Select(scope.select_into(query, &types)),
            InsertSource::Values(rows) => InsertSource::Values(
                rows.iter()
                    .map(|row| {
                        let values = row.iter().zip(&insert.columns).zip(&types);
                        values
                            .map(|((value, column), own)| Some(self.given(value.as_ref(), table, column, own, scope)))
                            .collect()
                    })
                    .collect(),
            ),
        };
        let insert = Insert { table: insert.table.clone(), columns: insert.columns.clone(), source };
        Ok(Step::data(text::insert(self, &insert, table)?))
    }

    fn update(&self, update: &Update, table: &Table, scope: Scope<'_>) -> Result<Step> {
        let assignments = update.assignments.iter().map(|(name, value)| {
            let own = table.column(name).map(|column| column.column_type.clone());
            (name.clone(), Some(self.given(value.as_ref(), table, name, &own, scope)))
        });
        let update = Update {
            table: update.table.clone(),
            assignments: assignments.collect(),
            filter: update.filter.as_ref().map(|filter| scope.settle(filter)),
        };
        Ok(Step::data(text::update(self, &update, table)?))
    }

    /// A value as its column keeps it; what DEFAULT stands for, which SQLite takes in no statement.
    fn given(
        &self,
        value: Option<&Expression>,
        table: &Table,
        column: &Name,
        own: &Option<ColumnType>,
        scope: Scope<'_>,
    ) -> Expression {
        match value {
            Some(value) => scope.assigned(value, own.as_ref()),
            None => scope.assigned(&definition::default_of(table, column), own.as_ref()),
        }
    }
}

fn known<'a>(schema: &'a Schema, table: &Name) -> Result<&'a Table> {
    schema
        .table(table)
        .map(AsRef::as_ref)
        .ok_or_else(|| Error::failed("schema.unknown-table", format!("there is no table {table}")))
}

/// The columns of the table that a trigger sets to now.
fn touched_columns<'a>(schema: &'a Schema, table: &Name) -> impl Iterator<Item = &'a Column> {
    schema.table(table).into_iter().flat_map(|table| table.columns.iter()).filter(|column| column.on_update_now)
}

fn restricts_itself(schema: &Schema, table: &Name) -> bool {
    schema.table(table).is_some_and(|definition| {
        definition
            .foreign_keys()
            .any(|(_, key)| key.table.key() == table.key() && key.on_delete == fastman_core::schema::OnDelete::Restrict)
    })
}
