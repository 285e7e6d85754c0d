//! How large a request may be and how long it may take.

use serde::{Deserialize, Serialize};

use super::enforcement::{Enforcement, Switch};
use crate::text::{ByteSize, Timespan};

/// How large a request may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Sizes {
    /// The largest body, by Content-Length or counted as it streams: 413 beyond. Default `1Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<ByteSize>,
    /// The largest body of some content types, instead of `body`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])))]
    pub body_by_type: Vec<BodyByType>,
    /// All header fields together: 431 beyond. Not per route: they are read before a route is known. Default `16Ki`,
    /// at most `64Ki`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<ByteSize>,
    /// How many header fields: 431 beyond. Not per route. Default 100, at most 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1000)))]
    pub header_count: Option<u32>,
    /// The request target (path and query): 414 beyond. Not per route. Default `8Ki`, at most `32Ki`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<ByteSize>,
    /// `Report` lets bodies pass that are too large, counted and logged; `headers`, `headerCount` and `url` always
    /// hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
}

/// The largest body of one content type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BodyByType {
    /// The media type without parameters, such as `multipart/form-data`, in lower case.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "kube",
        schemars(length(max = 127), regex(pattern = "^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$"))
    )]
    pub media_type: String,
    /// The largest body of that type.
    pub body: ByteSize,
}

/// How long each part of a request may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Timeouts {
    /// From the end of the request's head until the app's answer begins: 504 beyond. Default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Timespan>,
    /// For the whole head to arrive: 408 and the connection's end beyond. Not per route. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Timespan>,
    /// Between two pieces of a body, in either direction: 408 beyond, or the answer ends. Default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_idle: Option<Timespan>,
    /// The slowest that a request's body may come: 408 and the connection's end below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_rate: Option<BodyRate>,
    /// For a stream (WebSocket, server-sent events, gRPC) without a byte in either direction: it ends beyond. Default
    /// `5m`. Streams have neither `bodyIdle` nor `bodyRate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_idle: Option<Timespan>,
    /// To open a connection to the app: 502 beyond. Not per route. Default `2s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Timespan>,
    /// How long a connection without a request stays open. Not per route. Default `75s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Timespan>,
}

/// The slowest that a request's body may come, so that a trickle does not hold a connection for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BodyRate {
    /// Bytes per second, averaged from the body's first byte on. Default 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1_000_000)))]
    pub bytes_per_second: Option<u32>,
    /// How long a body may be slower at its start. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Timespan>,
    /// `Disabled` lets bodies come as slowly as `bodyIdle` allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Switch>,
}
