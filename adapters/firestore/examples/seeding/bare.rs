//! The loop that fastman is held against: commits of 500 writes, encoded beforehand, several in flight.

use bytes::{BufMut, Bytes, BytesMut};
use fastman_core::value::Value;
use hyper::http::uri::PathAndQuery;
use prost::encoding::{WireType, encode_key, encode_varint};
use tokio::task::JoinSet;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// As many as fastman has.
const IN_FLIGHT: usize = 8;

/// The requests that write as many users into a project.
pub fn requests(project: &str, count: u64) -> Vec<Bytes> {
    let database = format!("projects/{project}/databases/(default)");
    (0..count).step_by(500).map(|first| commit(&database, first..(first + 500).min(count))).collect()
}

/// A connection.
pub async fn connect(address: &str) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Sends all of them.
pub async fn write(channel: Channel, requests: Vec<Bytes>) {
    let mut flying: JoinSet<()> = JoinSet::new();
    for request in requests {
        while flying.len() >= IN_FLIGHT {
            flying.join_next().await.unwrap().unwrap();
        }
        let channel = channel.clone();
        flying.spawn(async move {
            let mut request = Request::new(request);
            request.metadata_mut().insert("authorization", "Bearer owner".parse().unwrap());
            let mut grpc = tonic::client::Grpc::new(channel);
            grpc.ready().await.unwrap();
            let path = PathAndQuery::from_static("/google.firestore.v1.Firestore/Commit");
            grpc.unary(request, path, Bare).await.unwrap();
        });
    }
    while let Some(landed) = flying.join_next().await {
        landed.unwrap();
    }
}

/// A field that holds bytes.
fn field(tag: u32, value: &[u8], buffer: &mut BytesMut) {
    encode_key(tag, WireType::LengthDelimited, buffer);
    encode_varint(value.len() as u64, buffer);
    buffer.put_slice(value);
}

/// A commit of the users of these numbers.
fn commit(database: &str, numbers: std::ops::Range<u64>) -> Bytes {
    let mut request = BytesMut::new();
    field(1, database.as_bytes(), &mut request);
    for number in numbers {
        let [id, email, name, age, active, created_at] = crate::user(number);
        let Value::Text(id) = id else { continue };
        let mut document = BytesMut::new();
        field(1, format!("{database}/documents/users/{id}").as_bytes(), &mut document);
        let fields = [("email", email), ("name", name), ("age", age), ("active", active), ("created_at", created_at)];
        for (name, value) in fields {
            let mut encoded = BytesMut::new();
            match value {
                Value::Text(text) => field(17, text.as_bytes(), &mut encoded),
                Value::Integer(number) => prost::encoding::int64::encode(2, &number, &mut encoded),
                Value::Boolean(value) => prost::encoding::bool::encode(1, &value, &mut encoded),
                Value::TimestampTz(moment) => {
                    let mut seconds = BytesMut::new();
                    prost::encoding::int64::encode(1, &moment.timestamp(), &mut seconds);
                    field(10, &seconds, &mut encoded);
                }
                _ => {}
            }
            let mut entry = BytesMut::new();
            field(1, name.as_bytes(), &mut entry);
            field(2, &encoded, &mut entry);
            field(2, &entry, &mut document);
        }
        let mut write = BytesMut::new();
        field(1, &document, &mut write);
        field(2, &write, &mut request);
    }
    request.freeze()
}

/// Bytes there, and nothing of interest back.
struct Bare;

impl Codec for Bare {
    type Encode = Bytes;
    type Decode = ();
    type Encoder = Bare;
    type Decoder = Bare;

    fn encoder(&mut self) -> Bare {
        Bare
    }

    fn decoder(&mut self) -> Bare {
        Bare
    }
}

impl Encoder for Bare {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Bare {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        bytes::Buf::advance(buffer, bytes::Buf::remaining(buffer));
        Ok(Some(()))
    }
}
