//! The resources of ours in a set of files; what belongs to others is left alone.

use serde_json::Value;
use serde_saphyr::UserMessageFormatter;
use shipshape_crds::names::GROUP;

use super::files::Source;
use super::node::Node;

/// A kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An API and its policy.
    ApiService,
    /// A credential for one.
    ApiKey,
    /// It claims our group, and is none of it.
    Unknown(String),
}

/// One document of ours.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The file it stands in.
    pub file: String,
    /// Its kind.
    pub kind: Kind,
    /// Its name, empty where it has none.
    pub name: String,
    /// Its namespace, `default` where it has none.
    pub namespace: String,
    /// What was written, with lines.
    pub node: Node,
    /// What was written.
    pub value: Value,
}

/// A file that is no YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// What a set of files holds.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The resources of ours.
    pub resources: Vec<Resource>,
    /// The files that are no YAML.
    pub errors: Vec<SyntaxError>,
    /// How many documents belong to others.
    pub others: usize,
}

impl Manifest {
    /// Reads every document of every file.
    #[must_use]
    pub fn read(sources: &[Source]) -> Self {
        let mut manifest = Self::default();
        for source in sources {
            match serde_saphyr::from_multiple::<Node>(&source.text) {
                Ok(documents) => documents.into_iter().for_each(|node| manifest.add(&source.name, node)),
                Err(error) => manifest.errors.push(SyntaxError {
                    file: source.name.clone(),
                    line: error.location().map_or(1, |location| location.line()),
                    message: told(&error),
                }),
            }
        }
        manifest
    }

    /// The resources of one kind.
    pub fn of_kind(&self, kind: &Kind) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind == *kind)
    }

    fn add(&mut self, file: &str, node: Node) {
        // What `kubectl get -o yaml` writes of several resources.
        if node.member("kind").and_then(Node::text) == Some("List") {
            return node.into_items("items").into_iter().for_each(|item| self.add(file, item));
        }
        let text = |name: &str| node.member(name).and_then(Node::text).unwrap_or_default();
        let is_ours = text("apiVersion").split('/').next() == Some(GROUP);
        let kind = match text("kind") {
            "ApiService" => Kind::ApiService,
            "ApiKey" => Kind::ApiKey,
            other if is_ours => Kind::Unknown(other.to_owned()),
            _ => {
                self.others += 1;
                return;
            }
        };
        let metadata = |name: &str| node.member("metadata").and_then(|metadata| metadata.member(name)?.text());
        self.resources.push(Resource {
            file: file.to_owned(),
            kind,
            name: metadata("name").unwrap_or_default().to_owned(),
            namespace: metadata("namespace").unwrap_or("default").to_owned(),
            value: node.value(),
            node,
        });
    }
}

/// The parser's words in one line, without the excerpt and the place, which are shown apart.
fn told(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().render_with_formatter(&UserMessageFormatter);
    let first = message.lines().next().unwrap_or_default();
    let without_place = first.rsplit_once(" at line ").map_or(first, |(text, _)| text);
    without_place.strip_prefix("error: ").unwrap_or(without_place).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Manifest {
        Manifest::read(&[Source { name: "a.yaml".into(), text: text.into() }])
    }

    #[test]
    fn documents_of_others_are_counted_and_left_alone() {
        let manifest = read(
            "kind: Namespace\napiVersion: v1\n---\napiVersion: shipshape.dev/v1alpha1\nkind: ApiKey\nmetadata: {name: a}\n---\n---\napiVersion: shipshape.dev/v1alpha1\nkind: ApiKeys\n",
        );
        let kinds: Vec<_> = manifest.resources.iter().map(|resource| resource.kind.clone()).collect();
        assert_eq!(kinds, [Kind::ApiKey, Kind::Unknown("ApiKeys".into())]);
        assert_eq!(manifest.others, 1);
        assert_eq!(manifest.resources[0].namespace, "default");
        assert_eq!(manifest.resources[0].node.member("kind").unwrap().line, 5);
    }

    #[test]
    fn a_list_stands_for_its_items() {
        let manifest =
            read("kind: List\napiVersion: v1\nitems:\n- kind: ApiKey\n  metadata:\n    name: a\n- kind: Secret\n");
        assert_eq!((manifest.resources.len(), manifest.others), (1, 1));
        assert_eq!(manifest.resources[0].node.member("metadata").unwrap().line, 5);
        assert_eq!(read("kind: List\napiVersion: v1\n").resources.len(), 0);
    }

    #[test]
    fn a_file_that_is_no_yaml_is_told_with_its_line() {
        let manifest = read("a: 1\nb: [1, 2\nc: 3\n");
        assert_eq!(manifest.errors.len(), 1, "{manifest:?}");
        let error = &manifest.errors[0];
        assert!((2..=4).contains(&error.line), "{error:?}");
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
    }

    #[test]
    fn a_key_said_twice_is_told_with_its_line() {
        let manifest = read("kind: ApiService\nspec:\n  app: {}\n  app: {}\n");
        let error = &manifest.errors[0];
        assert_eq!(error.line, 4, "{error:?}");
    }
}
