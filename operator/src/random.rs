//! Fresh random bytes from the operating system, for the shell to hand to pure code.

use aws_lc_rs::rand;

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes: nothing secret can be made until it does")]
pub struct NoRandomness;

/// Fresh random bytes, fit for secrets.
///
/// # Errors
/// When the operating system gives none.
pub fn fresh<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
