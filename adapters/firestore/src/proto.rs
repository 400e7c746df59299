//! The messages of `google.firestore.v1` that seeding needs, by the field numbers of Google's published definitions
//! (github.com/googleapis/googleapis, `google/firestore/v1`).
//!
//! They are written out because there are a dozen: generated, the whole interface is ten times as much code to compile.

use std::collections::BTreeMap;

/// A moment: `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `google.type.LatLng`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct LatLng {
    #[prost(double, tag = "1")]
    pub latitude: f64,
    #[prost(double, tag = "2")]
    pub longitude: f64,
}

/// A value.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 5, 6, 8, 9, 10, 11, 17, 18")]
    pub kind: Option<Kind>,
}

/// What a value is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    /// An enumeration of one, 0.
    #[prost(int32, tag = "11")]
    Null(i32),
    #[prost(bool, tag = "1")]
    Boolean(bool),
    #[prost(int64, tag = "2")]
    Integer(i64),
    #[prost(double, tag = "3")]
    Double(f64),
    #[prost(message, tag = "10")]
    Timestamp(Timestamp),
    #[prost(string, tag = "17")]
    Text(String),
    #[prost(bytes = "vec", tag = "18")]
    Bytes(Vec<u8>),
    #[prost(string, tag = "5")]
    Reference(String),
    #[prost(message, tag = "8")]
    GeoPoint(LatLng),
    #[prost(message, tag = "9")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    Map(MapValue),
}

/// An array.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

/// A map.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MapValue {
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, Value>,
}

/// A document.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Document {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(btree_map = "string, message", tag = "2")]
    pub fields: BTreeMap<String, Value>,
}

/// Which fields are meant.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DocumentMask {
    #[prost(string, repeated, tag = "1")]
    pub field_paths: Vec<String>,
}

/// A field that the server fills in.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FieldTransform {
    #[prost(string, tag = "1")]
    pub field_path: String,
    /// [`REQUEST_TIME`].
    #[prost(int32, optional, tag = "2")]
    pub set_to_server_value: Option<i32>,
}

/// The time at which the server had the request.
pub(crate) const REQUEST_TIME: i32 = 1;

/// That they are done.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CommitResponse {
    #[prost(message, optional, tag = "2")]
    pub commit_time: Option<Timestamp>,
}

/// Asks for a page of a collection.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListDocumentsRequest {
    #[prost(string, tag = "1")]
    pub parent: String,
    #[prost(string, tag = "2")]
    pub collection_id: String,
    #[prost(int32, tag = "3")]
    pub page_size: i32,
    #[prost(string, tag = "4")]
    pub page_token: String,
    #[prost(message, optional, tag = "7")]
    pub mask: Option<DocumentMask>,
}

/// A page.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListDocumentsResponse {
    #[prost(message, repeated, tag = "1")]
    pub documents: Vec<Document>,
    #[prost(string, tag = "2")]
    pub next_page_token: String,
}
