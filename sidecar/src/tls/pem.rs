//! Certificates and keys as files hold them: PEM (RFC 7468) as people and their editors leave it.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::error::TlsError;

/// What some editors put in front of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Every certificate of a file, in its order; whatever else stands between them is skipped.
pub(super) fn certificates(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(plain(file)).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or(TlsError::Certificate)
}

/// The first private key of a file.
pub(super) fn private_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    // PKCS #8 says so in its label, the older forms in a header line of the block.
    let is_encrypted = file.windows(9).any(|word| word == b"ENCRYPTED");
    PrivateKeyDer::from_pem_slice(plain(file)).ok().filter(|_| !is_encrypted).ok_or(if is_encrypted {
        TlsError::EncryptedKey
    } else {
        TlsError::Key
    })
}

fn plain(file: &[u8]) -> &[u8] {
    file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn editors_may_change_line_ends_and_mark_the_byte_order() {
        let (chain, key) = made();
        for change in [|text: &str| text.replace('\n', "\r\n"), |text: &str| format!("\u{feff}{text}")] {
            assert_eq!(certificates(change(&chain).as_bytes()).unwrap(), certificates(chain.as_bytes()).unwrap());
            assert_eq!(private_key(change(&key).as_bytes()).unwrap(), private_key(key.as_bytes()).unwrap());
        }
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let (chain, key) = made();
        for file in
            [&b""[..], b"hello", key.as_bytes(), b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"]
        {
            assert!(matches!(certificates(file), Err(TlsError::Certificate)));
        }
        assert!(matches!(private_key(chain.as_bytes()), Err(TlsError::Key)));
    }

    #[test]
    fn an_encrypted_key_is_refused_by_what_it_is() {
        let pkcs8 = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let pkcs1 = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA=\n-----END RSA PRIVATE KEY-----\n";
        for file in [pkcs8, pkcs1] {
            let error = private_key(file.as_bytes()).unwrap_err();
            assert!(matches!(error, TlsError::EncryptedKey) && error.to_string().contains("openssl pkey"), "{error}");
        }
    }
}
