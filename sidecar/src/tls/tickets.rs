//! The keys of session tickets, and the few sessions of clients that take no tickets: both outlive a reload.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::server::{ProducesTickets, ServerSessionMemoryCache, StoresServerSessions};

use super::error::TlsError;

/// Sessions that are remembered for clients of TLS 1.2 without tickets (RFC 5246 section 7.3); about 1 KB each.
const REMEMBERED: usize = 256;

/// The keys of session tickets. They are made at the start of the process and change every 6 hours; those of the 6
/// hours before are still read, so that a ticket holds for 12 hours at most. A new certificate changes nothing:
/// otherwise every client would need a full handshake at once. Tickets of another pod are no tickets here: a full
/// handshake follows.
#[derive(Clone)]
pub struct Tickets(Arc<Mutex<Keyring>>);

/// What sessions are resumed with, and under which policy they began.
struct Keyring {
    client_certificates: Vec<u8>,
    sessions: Sessions,
}

/// What sessions are resumed with.
#[derive(Clone)]
pub(super) struct Sessions {
    pub(super) tickets: Arc<dyn ProducesTickets>,
    pub(super) remembered: Arc<dyn StoresServerSessions>,
}

impl Tickets {
    /// Fresh keys.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, TlsError> {
        let keyring = Keyring { client_certificates: Vec::new(), sessions: Sessions::new()? };
        Ok(Self(Arc::new(Mutex::new(keyring))))
    }

    /// What sessions are resumed with under that policy of client certificates (any bytes that differ where policies
    /// do; none where no certificate is asked for). A resumed session shows no certificate again, so another policy
    /// gets fresh keys and every client a full handshake.
    pub(super) fn under(&self, client_certificates: &[u8]) -> Result<Sessions, TlsError> {
        let mut keyring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keyring.client_certificates != client_certificates {
            *keyring = Keyring { client_certificates: client_certificates.to_vec(), sessions: Sessions::new()? };
        }
        Ok(keyring.sessions.clone())
    }
}

impl Sessions {
    fn new() -> Result<Self, TlsError> {
        Ok(Self { tickets: Ticketer::new()?, remembered: ServerSessionMemoryCache::new(REMEMBERED) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_policy_of_client_certificates_makes_tickets_void() {
        let tickets = Tickets::new().unwrap();
        let ticket = tickets.under(b"").unwrap().tickets.encrypt(b"session").unwrap();
        let read = |policy: &[u8]| tickets.under(policy).unwrap().tickets.decrypt(&ticket);
        assert_eq!(read(b"").as_deref(), Some(&b"session"[..]));
        assert_eq!(read(b"ca: a"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn a_ticket_holds_for_twelve_hours_at_most() {
        let sessions = Tickets::new().unwrap().under(b"").unwrap();
        assert_eq!(sessions.tickets.lifetime(), 12 * 3600);
    }
}
