//! Every metric by name, kind, labels and meaning: what is registered, and what the documentation lists.

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Grows and falls.
    Gauge,
    /// Counts values in buckets.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

/// Declares the metrics once, each with a constant of its own and a place in the list.
macro_rules! catalogue {
    ($($constant:ident $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric =
                Metric { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help };
        )+

        /// Every metric.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
}

catalogue! {
    REQUESTS Counter "shipshape_requests_total" ["route", "method", "status"]
        "Requests answered. route is the route's name, (default) where none claims the request and (unrouted) where it was refused before; method is other for methods that HTTP does not define; status 499 is a client that went away.";
    DURATION Histogram "shipshape_request_duration_seconds" ["route"]
        "Time from the end of the request's head to the end of the answer's body.";
    REFUSALS Counter "shipshape_refusals_total" ["route", "code", "mode"]
        "Requests refused, by problem code. mode is enforce, or report for what would have been refused.";
    DECISIONS Counter "shipshape_rate_limit_decisions_total" ["limit", "decision"]
        "Decisions of each rate limit: admitted, refused, or reported for what would have been refused.";
    REQUEST_BYTES Counter "shipshape_request_body_bytes_total" ["route"]
        "Bytes of request bodies that were read.";
    RESPONSE_BYTES Counter "shipshape_response_body_bytes_total" ["route"]
        "Bytes of response bodies that were sent.";
    IN_FLIGHT Gauge "shipshape_requests_in_flight" []
        "Requests that are being answered now.";
    PANICS Counter "shipshape_panics_total" []
        "Requests that ended in a panic of the sidecar and were answered with 500. Anything above 0 is a defect.";
    CONNECTIONS Gauge "shipshape_connections" ["listener"]
        "Connections that are open now, by listener: https or http.";
    CONNECTIONS_ACCEPTED Counter "shipshape_connections_accepted_total" ["listener"]
        "Connections accepted, by listener: https or http.";
    CONNECTIONS_REFUSED Counter "shipshape_connections_refused_total" []
        "Connections closed at once because the pod held too many.";
    TLS_HANDSHAKES Counter "shipshape_tls_handshakes_total" ["result"]
        "TLS handshakes, by result: ok or failed.";
    TLS_SESSIONS Counter "shipshape_tls_sessions_total" ["version", "kind"]
        "TLS sessions begun, by version (TLSv1.2, TLSv1.3) and kind: full, or resumed by a ticket.";
    TLS_FAILURES Counter "shipshape_tls_handshake_failures_total" ["reason"]
        "TLS handshakes that failed, by reason: closed (the client went away), timeout, not_tls, no_common_version, no_common_cipher, no_common_protocol, refused_by_client (an alert: it does not trust the certificate, most often), violation, other.";
    CERTIFICATE_EXPIRY Gauge "shipshape_certificate_expiry_timestamp_seconds" ["certificate"]
        "When each certificate that is served ends, in seconds since 1970: built-in, or the name of the Secret that spec.policy.tls.certificateRefs names.";
    RELOADS Counter "shipshape_config_reloads_total" ["result"]
        "Configurations read, by result: ok, or failed where the last good one stayed.";
    LAST_RELOAD Gauge "shipshape_config_last_reload_success_timestamp_seconds" []
        "When a configuration was last put in force, in seconds since 1970.";
    CONFIG_INFO Gauge "shipshape_config_info" ["revision"]
        "1 for the revision that is in force.";
    LOG_DROPPED Counter "shipshape_access_log_dropped_lines_total" []
        "Lines of the access log that were lost because standard output was too slow.";
    PROCESS_CPU Counter "process_cpu_seconds_total" []
        "Processor time used, user and system.";
    PROCESS_MEMORY Gauge "process_resident_memory_bytes" []
        "Memory that is resident.";
    PROCESS_FDS Gauge "process_open_fds" []
        "File descriptors that are open.";
    PROCESS_MAX_FDS Gauge "process_max_fds" []
        "File descriptors that may be open.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in ALL {
            let counter = metric.kind == Kind::Counter;
            assert_eq!(counter, metric.name.ends_with("_total"), "{}", metric.name);
            assert!(metric.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", metric.name);
        }
    }
}
