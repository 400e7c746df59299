//! What is neither in the file nor made up: the environment and files.

use super::call::{Call, Stop};
use super::definition::{Accepts, Definition, Group, may, needs};
use crate::seed::formula::error::FormulaError;
use crate::seed::formula::types::Type;
use crate::value::Value;

pub(super) static GROUP: Group = Group {
    name: "outside",
    functions: &[
        Definition::text("env", "env(name[, otherwise])", "a variable of the environment or of .env", env)
            .takes(&[needs(Accepts::Text), may(Accepts::Text)])
            .example("env('ADMIN_PASSWORD')")
            .volatile(),
        Definition::text("file", "file(path)", "a file's text; the path begins at the project", file)
            .takes(&[needs(Accepts::Text)])
            .example("file('database/seeders/terms.md')")
            .volatile(),
        Definition::value(
            "file_bytes",
            "file_bytes(path)",
            "a file's bytes; the path begins at the project",
            Type::Bytes,
            |call| read(call).map(Value::Bytes),
        )
        .takes(&[needs(Accepts::Text)])
        .example("file_bytes('database/seeders/logo.png')")
        .volatile(),
    ],
};

fn env(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let name = call.text(0)?;
    match call.frame.context.outside.environment(&name) {
        Ok(value) => out.push_str(&value),
        Err(_) if call.is_given(1) => out.push_str(&call.text(1)?),
        Err(error) => return Err(Stop::Failed(Box::new(FormulaError::from_outside(&error, call.span.clone())))),
    }
    Ok(())
}

fn read(call: &mut Call<'_, '_>) -> Result<Vec<u8>, Stop> {
    let path = call.text(0)?;
    let read = call.frame.context.outside.file(&path);
    read.map_err(|error| Stop::Failed(Box::new(FormulaError::from_outside(&error, call.span.clone()))))
}

fn file(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    match String::from_utf8(read(call)?) {
        Ok(text) => {
            out.push_str(&text);
            Ok(())
        }
        Err(_) => Err(call.fail("formula.bad-value", "this file is not a text: file_bytes(...) gives its bytes")),
    }
}
