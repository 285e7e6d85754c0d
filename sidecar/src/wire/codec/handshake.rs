//! What a request must say to become a WebSocket (RFC 6455 section 4.1).

use super::error::HeadError;

/// Its two fields, as read so far.
#[derive(Default)]
pub(super) struct Handshake<'a> {
    key: Said<'a>,
    version: Said<'a>,
}

#[derive(Default, Clone, Copy)]
enum Said<'a> {
    #[default]
    Never,
    Once(&'a [u8]),
    Often,
}

impl<'a> Handshake<'a> {
    /// Takes `Sec-WebSocket-Key`.
    pub(super) fn take_key(&mut self, value: &'a [u8]) {
        self.key.take(value);
    }

    /// Takes `Sec-WebSocket-Version`.
    pub(super) fn take_version(&mut self, value: &'a [u8]) {
        self.version.take(value);
    }

    /// Whether the request that asks for a WebSocket does so as it must.
    ///
    /// # Errors
    /// What it must say instead.
    pub(super) fn judge(&self, method: &[u8], has_body: bool) -> Result<(), HeadError> {
        if !matches!(self.version, Said::Once(b"13")) {
            return Err(HeadError::UpgradeVersion);
        }
        let has_key = matches!(self.key, Said::Once(key) if is_key(key));
        if has_key && method == b"GET" && !has_body { Ok(()) } else { Err(HeadError::UpgradeInvalid) }
    }
}

impl<'a> Said<'a> {
    fn take(&mut self, value: &'a [u8]) {
        *self = if matches!(self, Self::Never) { Self::Once(value) } else { Self::Often };
    }
}

/// 16 bytes in base64: 22 digits and two signs of padding.
fn is_key(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn judge(keys: &[&str], versions: &[&str], method: &str, has_body: bool) -> Result<(), HeadError> {
        let mut handshake = Handshake::default();
        keys.iter().for_each(|key| handshake.take_key(key.as_bytes()));
        versions.iter().for_each(|version| handshake.take_version(version.as_bytes()));
        handshake.judge(method.as_bytes(), has_body)
    }

    #[test]
    fn one_key_and_version_13_are_needed() {
        assert_eq!(judge(&[KEY], &["13"], "GET", false), Ok(()));
        for versions in [&[][..], &["8"], &["13", "13"], &["13, 8"], &["013"], &[""]] {
            assert_eq!(judge(&[KEY], versions, "GET", false), Err(HeadError::UpgradeVersion), "{versions:?}");
        }
        for keys in [&[][..], &[""], &["AAAA"], &["dGhlIHNhbXBsZSBub25jZQ"], &[KEY, KEY], &["dGhlIHNhbXBsZSBub25j*Q=="]]
        {
            assert_eq!(judge(keys, &["13"], "GET", false), Err(HeadError::UpgradeInvalid), "{keys:?}");
        }
        assert_eq!(judge(&[KEY], &["13"], "POST", false), Err(HeadError::UpgradeInvalid));
        assert_eq!(judge(&[KEY], &["13"], "GET", true), Err(HeadError::UpgradeInvalid));
    }
}
