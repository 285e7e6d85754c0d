//! Why a certificate cannot be served, each with what to do.

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
    /// The certificate's file holds none.
    #[error("holds no PEM certificate: write the chain, leaf first")]
    Certificate,
    /// The key's file holds none.
    #[error("holds no PEM private key: write a PKCS #8, PKCS #1 or SEC 1 key")]
    Key,
    /// Nobody is there who could type a passphrase.
    #[error("has an encrypted key, and nobody can type its passphrase here: decrypt it with openssl pkey -in tls.key")]
    EncryptedKey,
    /// No certificate of the chain has the key's public half.
    #[error("holds no certificate that belongs to the key: write the two that were issued together")]
    Mismatch,
    /// The library cannot use them.
    #[error("cannot be used with its key: {0}")]
    Unusable(#[from] rustls::Error),
    /// A certificate cannot be read.
    #[error("cannot be read as X.509: write the certificate as it was issued")]
    X509,
}
