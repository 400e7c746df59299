//! What adapters for servers share: where a server listens, the parameters of a URL that are the same for all of them, what it
//! says about TLS, and whom a connection then trusts.
//!
//! No protocol is known here, and no runtime is needed: an adapter brings its own.

mod address;
pub mod parameters;
mod tls;
mod trust;

pub use address::Address;
pub use tls::{Mode, NO_TLS, Tls, refused};
pub use trust::{client_config, presented_host};
