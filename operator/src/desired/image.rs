//! What an image's reference says: its version, and when Kubernetes pulls it.

use shipshape_crds::api::PullPolicy;

/// The longest value of a label.
const LABEL_LETTERS: usize = 63;
/// Letters of a digest that tell one image from another.
const DIGEST_LETTERS: usize = 12;

/// The version that a reference names, as the value of a label: its tag, or else the start of its digest.
#[must_use]
pub fn version(image: &str) -> String {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let of_digest = || digest?.rsplit(':').next().map(|hex| hex.chars().take(DIGEST_LETTERS).collect::<String>());
    let text = tag(name).map(str::to_owned).or_else(of_digest).unwrap_or_else(|| "latest".to_owned());
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let label: String = text.chars().filter(|&c| allowed(c)).take(LABEL_LETTERS).collect();
    label.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// When the image is pulled. Kubernetes' own rule is written out: it applies it only once, when a field is first empty,
/// and would keep `Always` when `:latest` later becomes a version.
#[must_use]
pub fn pull_policy(said: Option<PullPolicy>, image: &str) -> String {
    let word = match said {
        Some(PullPolicy::Always) => "Always",
        Some(PullPolicy::IfNotPresent) => "IfNotPresent",
        Some(PullPolicy::Never) => "Never",
        None if image.contains('@') => "IfNotPresent",
        None if tag(image).is_none_or(|tag| tag == "latest") => "Always",
        None => "IfNotPresent",
    };
    word.to_owned()
}

/// The tag of a reference without digest. A colon before the last slash belongs to the registry's port.
fn tag(name: &str) -> Option<&str> {
    name.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_its_version() {
        let cases = [
            ("registry.example/shop:2.3.1", "2.3.1"),
            ("registry.example:5000/shop", "latest"),
            ("registry.example:5000/shop:v1", "v1"),
            ("shop", "latest"),
            ("shop:1.0@sha256:0123456789abcdef0123", "1.0"),
            ("shop@sha256:0123456789abcdef0123", "0123456789ab"),
            ("shop:_odd.", "odd"),
        ];
        for (image, expected) in cases {
            assert_eq!(version(image), expected, "{image}");
        }
        let long = version(&format!("shop:{}", "a".repeat(128)));
        assert_eq!(long.len(), LABEL_LETTERS);
    }

    #[test]
    fn the_rule_of_kubernetes_is_written_out() {
        let cases = [
            ("shop", "Always"),
            ("registry.example:5000/shop", "Always"),
            ("shop:latest", "Always"),
            ("shop:1", "IfNotPresent"),
            ("shop:latest@sha256:00", "IfNotPresent"),
        ];
        for (image, expected) in cases {
            assert_eq!(pull_policy(None, image), expected, "{image}");
        }
        assert_eq!(pull_policy(Some(PullPolicy::Never), "shop"), "Never");
    }
}
