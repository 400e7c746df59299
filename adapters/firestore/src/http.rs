//! One HTTP request, for a token: over TLS to Google, in the clear to the machine's own metadata.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// The longest answer that is read.
const MAX_ANSWER: usize = 1 << 20;

/// Sends a request and reads the answer. An error is a clause that says what went wrong.
pub(crate) async fn send(request: Request<String>, timeout: Duration) -> Result<(StatusCode, Bytes), String> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    match tokio::time::timeout(timeout, exchange(request)).await {
        Ok(outcome) => outcome.map_err(|error| format!("{host}: {error}")),
        Err(_) => Err(format!("{host} did not answer in {} s", timeout.as_secs_f32())),
    }
}

async fn exchange(request: Request<String>) -> Result<(StatusCode, Bytes), String> {
    let uri: &Uri = request.uri();
    let host = uri.host().ok_or("the address has no host")?.to_owned();
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| error.to_string())?;
    if !secure {
        return over(stream, request, &host).await;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    over(stream, request, &host).await
}

async fn over<S>(stream: S, request: Request<String>, host: &str) -> Result<(StatusCode, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    parts.uri = path.parse().map_err(|_| "the address has no path")?;
    parts.headers.insert("host", host.parse().map_err(|_| "the host can't be sent")?);
    let request = Request::from_parts(parts, Full::new(Bytes::from(body)));
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    };
    // The answer may come after the connection is over, but not without the connection being driven.
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}
