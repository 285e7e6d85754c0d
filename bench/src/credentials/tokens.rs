//! Tokens (RFC 7519) signed by RS256, and the key that proves them, in the forms that proxies read.

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Tokens that requests take turns with.
const TOKENS: usize = 50;
/// The length of each, in bytes: what identity providers commonly send.
const LENGTH: usize = 817;
/// How long they hold: longer than any run.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "bench";
const KEY_ID: &str = "bench";
/// Where the modulus lies in the PKCS #1 form (RFC 8017) of a public key of 2048 bits with the exponent 65537.
const MODULUS: std::ops::Range<usize> = 9..265;

/// Tokens and the key that proves them.
pub struct Tokens {
    /// The tokens.
    pub texts: Vec<String>,
    /// The public key, PEM.
    pub public_key: String,
    /// The public key as a set (RFC 7517).
    pub key_set: String,
    key: RsaKeyPair,
}

impl Tokens {
    /// Makes a key and tokens of different subjects.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn make() -> Result<Self> {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key could be made"))?;
        let until = Timestamp::now() + LIFE;
        let texts = (0..TOKENS).map(|number| token(&key, number, AUDIENCE, until)).collect::<Result<_>>()?;
        let public = key.public_key();
        let der: PublicKeyX509Der<'_> = public.as_der().map_err(|_| anyhow!("the RSA key has no public part"))?;
        let modulus = public.as_ref().get(MODULUS).context("an RSA key of another size")?;
        let set = json!({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"}]});
        Ok(Self { texts, public_key: pem(der.as_ref()), key_set: set.to_string(), key })
    }

    /// Tokens that must not be believed, each with what is wrong with it.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn wrong(&self) -> Result<Vec<(&'static str, String)>> {
        let other = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key could be made"))?;
        let until = Timestamp::now() + LIFE;
        Ok(vec![
            ("a token signed by another key", token(&other, 0, AUDIENCE, until)?),
            ("a token for another audience", token(&self.key, 0, "other", until)?),
            ("a token that has expired", token(&self.key, 0, AUDIENCE, Timestamp::now() - LIFE)?),
        ])
    }
}

/// A token of `LENGTH` bytes: a claim fills up what is missing.
fn token(key: &RsaKeyPair, number: usize, audience: &str, until: Timestamp) -> Result<String> {
    let head = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}).to_string());
    let signature = key.public_modulus_len().div_ceil(3) * 4 - 2;
    let room = (LENGTH - head.len() - signature - 2) * 3 / 4;
    let claims = |filling: usize| {
        json!({"iss": ISSUER, "aud": audience, "sub": format!("subject-{number:03}"), "exp": until.as_second(),
            "scope": "read write", "filling": "x".repeat(filling)})
        .to_string()
    };
    let claims = URL_SAFE_NO_PAD.encode(claims(room.saturating_sub(claims(0).len())));
    let signed = format!("{head}.{claims}");
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| anyhow!("a token could not be signed"))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn the_published_key_proves_a_token_of_the_usual_length() {
        let tokens = Tokens::make().unwrap();
        let set: serde_json::Value = serde_json::from_str(&tokens.key_set).unwrap();
        let part = |name: &str| URL_SAFE_NO_PAD.decode(set["keys"][0][name].as_str().unwrap()).unwrap();
        let key = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        for text in &tokens.texts {
            assert!(text.len().abs_diff(LENGTH) <= 2, "{} bytes", text.len());
            let (signed, signature) = text.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
        }
        assert!(tokens.public_key.lines().all(|line| line.len() <= 64), "{}", tokens.public_key);
    }
}
