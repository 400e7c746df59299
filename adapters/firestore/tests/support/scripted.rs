//! A server that speaks as much gRPC as it takes to give the answers that an emulator never gives.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// What a call gets.
#[derive(Clone, Debug)]
pub enum Answer {
    /// An empty message, which is a commit that is done or a page without documents.
    Fine,
    /// A code and the server's words.
    Status(u32, &'static str),
    /// Nothing, ever.
    Silence,
    /// The same as the answer, later.
    Late(Duration, Box<Answer>),
}

/// A server and what it was asked.
pub struct Scripted {
    /// Its URL.
    pub url: String,
    /// The method and the size of each call's message.
    pub calls: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Scripted {
    /// How many commits it was asked for.
    pub fn commits(&self) -> usize {
        self.calls.lock().unwrap().iter().filter(|(method, _)| method == "Commit").count()
    }
}

/// A server that answers the calls of each method by their number, from 1.
pub async fn serve(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let (kept, script) = (calls.clone(), Arc::new(script));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (kept, script) = (kept.clone(), script.clone());
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let (kept, script) = (kept.clone(), script.clone());
                async move {
                    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
                    assert!(request.headers()["authorization"].to_str().unwrap().starts_with("Bearer "));
                    let size = request.into_body().collect().await.unwrap().to_bytes().len();
                    let number = {
                        let mut calls = kept.lock().unwrap();
                        calls.push((method.clone(), size));
                        calls.iter().filter(|(candidate, _)| *candidate == method).count()
                    };
                    let mut answer = script(&method, number);
                    while let Answer::Late(pause, later) = answer {
                        tokio::time::sleep(pause).await;
                        answer = *later;
                    }
                    let response = Response::builder().header("content-type", "application/grpc");
                    let response = match answer {
                        Answer::Fine => {
                            let trailers =
                                HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
                            let body = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]));
                            response.body(body.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed())
                        }
                        Answer::Status(code, words) => response
                            .header("grpc-status", code.to_string())
                            .header("grpc-message", words)
                            .body(Full::default().boxed()),
                        Answer::Silence | Answer::Late(..) => std::future::pending().await,
                    };
                    Ok::<_, Infallible>(response.unwrap())
                }
            });
            tokio::spawn(
                hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Scripted { url: format!("firestore://scripted?emulator={address}"), calls }
}
