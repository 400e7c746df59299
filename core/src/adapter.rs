//! Adapters as plain constants, and the registry that finds one by a URL's scheme.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::dialect::{Dialect, ServerVersion};
use crate::error::{Error, Result};
use crate::flavour::{Flavour, Flavours};
use crate::project::Environment;
use crate::store::Backend;
use crate::url::DatabaseUrl;

/// A future that an adapter's function returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a connection is made.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The folder that relative paths in the URL start from.
    pub base: PathBuf,
    /// Nothing is written: a database that is not there is not made, and the session is read-only where the engine can.
    pub read_only: bool,
    /// A database that is not there is made, where making it is no more than opening it (a file).
    pub create: bool,
    /// Connecting is given up after this.
    pub timeout: Duration,
    /// Where an adapter looks for variables of its own.
    pub environment: Environment,
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            base: PathBuf::from("."),
            read_only: false,
            create: true,
            timeout: Duration::from_secs(10),
            environment: Environment::default(),
        }
    }
}

/// Makes a dialect without a connection. `None` as version: the oldest that is supported.
pub type MakeDialect = fn(&'static Flavour, Option<ServerVersion>) -> Result<Arc<dyn Dialect>>;

/// Something that is done with a URL and takes a while: connecting, creating a database.
pub type WithUrl<T> = for<'a> fn(&'a DatabaseUrl, &'a ConnectOptions) -> BoxFuture<'a, Result<T>>;

/// One backend, as a constant of its crate.
pub struct Adapter {
    /// Its name in lower case. Also the name of the cargo feature that compiles it in.
    pub name: &'static str,
    /// The URL schemes that it serves, without a driver suffix.
    pub schemes: &'static [&'static str],
    /// The flavours that it has dialects for; empty for a document store.
    pub flavours: &'static [&'static Flavour],
    /// Makes a dialect without a connection.
    pub dialect: MakeDialect,
    /// Connects. MUST finish or fail within [`ConnectOptions::timeout`], give or take a second.
    pub connect: WithUrl<Backend>,
    /// Creates the database that the URL names; true if it was not there.
    pub create_database: WithUrl<bool>,
}

/// A backend that this program knows by name but that is not part of this build.
#[derive(Clone, Copy, Debug)]
pub struct Absent {
    /// Its name.
    pub name: &'static str,
    /// Its URL schemes.
    pub schemes: &'static [&'static str],
    /// Its flavours.
    pub flavours: &'static [&'static str],
    /// Why it is not there and what would bring it, as a sentence.
    pub reason: &'static str,
}

/// The adapters of a program.
#[derive(Clone, Copy)]
pub struct Registry {
    /// Those compiled in.
    pub adapters: &'static [&'static Adapter],
    /// Those that are not.
    pub absent: &'static [Absent],
    /// Every flavour, compiled in or not.
    pub flavours: Flavours,
}

impl Registry {
    /// The adapter that serves the URL's scheme.
    ///
    /// # Errors
    /// `url.scheme-not-built` for a scheme whose adapter is not part of this build, `url.unknown-scheme` for any other,
    /// with the list of what there is.
    pub fn find(&self, url: &DatabaseUrl) -> Result<&'static Adapter> {
        let scheme = url.scheme();
        if let Some(adapter) = self.adapters.iter().find(|adapter| adapter.schemes.contains(&scheme)) {
            return Ok(adapter);
        }
        if let Some(absent) = self.absent.iter().find(|absent| absent.schemes.contains(&scheme)) {
            return Err(Error::usage(
                "url.scheme-not-built",
                format!("this build of fastman has no adapter for {scheme}://"),
            )
            .with_help(absent.reason));
        }
        let known: Vec<&str> = self.adapters.iter().flat_map(|adapter| adapter.schemes.iter().copied()).collect();
        let nearest = nearest(
            scheme,
            known.iter().copied().chain(self.absent.iter().flat_map(|absent| absent.schemes.iter().copied())),
        );
        let mut help = format!(
            "this build serves: {}",
            known.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", ")
        );
        if let Some(nearest) = nearest {
            help = format!("did you mean {nearest}://? {help}");
        }
        Err(Error::usage("url.unknown-scheme", format!("unknown scheme {scheme}://")).with_help(help))
    }

    /// The dialect of a flavour, without a connection.
    ///
    /// # Errors
    /// `engine.unknown` for a name that no flavour has, `engine.not-built` for one whose adapter is not part of this build.
    pub fn dialect(&self, flavour: &str, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
        for adapter in self.adapters {
            if let Some(found) = adapter.flavours.iter().find(|candidate| candidate.name == flavour) {
                return (adapter.dialect)(found, version);
            }
        }
        if let Some(absent) = self.absent.iter().find(|absent| absent.flavours.contains(&flavour)) {
            return Err(Error::usage("engine.not-built", format!("this build of fastman can't render for {flavour}"))
                .with_help(absent.reason));
        }
        let names: Vec<&str> = self.flavours.iter().map(|flavour| flavour.name).collect();
        let mut help = format!("known engines: {}", names.join(", "));
        if let Some(nearest) = nearest(flavour, names.iter().copied()) {
            help = format!("did you mean {nearest}? {help}");
        }
        Err(Error::usage("engine.unknown", format!("unknown engine {flavour:?}")).with_help(help))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.adapters.iter().map(|adapter| adapter.name)).finish()
    }
}

/// The candidate most like the word, if one is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
