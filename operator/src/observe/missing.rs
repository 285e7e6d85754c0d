//! Secrets that an app's environment names, and that are not there.

use std::collections::{BTreeMap, BTreeSet};

use shipshape_crds::api::App;

/// A key of a Secret that the app's environment needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSecret {
    /// The Secret's name.
    pub secret: String,
    /// The key in it.
    pub key: String,
    /// Whether the Secret is there, without the key.
    pub has_secret: bool,
}

impl MissingSecret {
    /// What is missing, and the command that makes it.
    #[must_use]
    pub fn told(&self, namespace: &str) -> String {
        let Self { secret, key, has_secret } = self;
        if *has_secret {
            let patch = format!(r#"{{"stringData":{{"{key}":"VALUE"}}}}"#);
            format!(
                "Secret \"{secret}\" has no key \"{key}\": add it with kubectl patch secret {secret} -n {namespace} -p '{patch}'"
            )
        } else {
            format!(
                "Secret \"{secret}\" is missing: create it with kubectl create secret generic {secret} -n {namespace} --from-literal={key}=VALUE"
            )
        }
    }
}

/// The names of the Secrets that an app's environment needs.
#[must_use]
pub fn needed(app: &App) -> BTreeSet<&str> {
    references(app).map(|(secret, _)| secret).collect()
}

/// What an app's environment needs and is not among the keys found, by Secret; a Secret that is not there is not in
/// the map.
#[must_use]
pub fn missing(app: &App, found: &BTreeMap<String, BTreeSet<String>>) -> Vec<MissingSecret> {
    let lacks = |(secret, key): (&str, &str)| match found.get(secret) {
        Some(keys) if keys.contains(key) => None,
        keys => Some(MissingSecret { secret: secret.to_owned(), key: key.to_owned(), has_secret: keys.is_some() }),
    };
    let mut all: Vec<_> = references(app).filter_map(lacks).collect();
    all.sort_by(|one, other| (&one.secret, &one.key).cmp(&(&other.secret, &other.key)));
    all.dedup();
    all
}

fn references(app: &App) -> impl Iterator<Item = (&str, &str)> {
    let from = app.env.iter().filter_map(|variable| variable.value_from.as_ref());
    from.map(|from| (from.secret_key_ref.name.as_str(), from.secret_key_ref.key.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_missing_key_is_named_once_with_the_command_that_makes_it() {
        let from = |secret: &str, key: &str| json!({"secretKeyRef": {"name": secret, "key": key}});
        let app: App = serde_json::from_value(json!({"image": "x", "port": 1, "env": [
            {"name": "A", "valueFrom": from("db", "url")},
            {"name": "B", "valueFrom": from("db", "url")},
            {"name": "C", "valueFrom": from("mail", "user")},
            {"name": "D", "valueFrom": from("mail", "password")},
            {"name": "E", "value": "plain"}]}))
        .unwrap();
        let found = BTreeMap::from([("mail".to_owned(), BTreeSet::from(["user".to_owned()]))]);
        let told: Vec<_> = missing(&app, &found).iter().map(|missing| missing.told("store")).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].ends_with("kubectl create secret generic db -n store --from-literal=url=VALUE"), "{}", told[0]);
        assert!(
            told[1].starts_with("Secret \"mail\" has no key \"password\": add it with kubectl patch"),
            "{}",
            told[1]
        );
        assert_eq!(needed(&app), BTreeSet::from(["db", "mail"]));
    }
}
