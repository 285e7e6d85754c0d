//! Why handshakes fail, in a few words that metrics can carry.

use std::io;

use rustls::{Error, PeerIncompatible};

/// The word for a handshake that took too long.
pub(super) const TIMEOUT: &str = "timeout";

/// The word for a handshake that failed; a fixed set, whatever clients send.
pub(super) fn reason(error: &io::Error) -> &'static str {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        // Whoever only looks whether the port is open ends like this.
        return "closed";
    };
    match error {
        Error::AlertReceived(_) => "refused_by_client",
        Error::NoApplicationProtocol => "no_common_protocol",
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::Tls13RequiredForQuic,
        ) => "no_common_version",
        Error::PeerIncompatible(_) => "no_common_cipher",
        Error::InvalidMessage(_) => "not_tls",
        Error::PeerMisbehaved(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "violation"
        }
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_a_word() {
        let of = |error: Error| reason(&io::Error::new(io::ErrorKind::InvalidData, error));
        assert_eq!(of(Error::NoApplicationProtocol), "no_common_protocol");
        assert_eq!(of(Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)), "no_common_cipher");
        assert_eq!(of(Error::General("x".into())), "other");
        assert_eq!(reason(&io::ErrorKind::UnexpectedEof.into()), "closed");
    }
}
