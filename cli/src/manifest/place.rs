//! From a field's path, such as `spec.routes[login].policy.auth`, to its line.

use serde_json::Value;

use super::node::{Content, Node};

/// The line of a field, or of the nearest field around it that was written.
#[must_use]
pub fn line_of(root: &Node, path: &str) -> u64 {
    let mut node = root;
    for step in steps(path) {
        let Some(next) = step.take(node) else { break };
        node = next;
    }
    node.line
}

/// The path with the names of list items instead of their numbers: `spec.routes[0]` becomes `spec.routes[login]`.
#[must_use]
pub fn named(root: &Value, path: &str) -> String {
    let mut at = Some(root);
    let mut written = String::new();
    for step in steps(path) {
        match step {
            Step::Member(name) => {
                at = at.and_then(|value| value.get(name));
                if !written.is_empty() {
                    written.push('.');
                }
                written.push_str(name);
            }
            Step::Item(item) => {
                at = at.and_then(|value| value.get(item.parse::<usize>().ok()?));
                written.push_str(&format!("[{}]", at.and_then(name_of).unwrap_or(item)));
            }
        }
    }
    written
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    /// A member of a map.
    Member(&'a str),
    /// An item of a list, by its name or number.
    Item(&'a str),
}

impl Step<'_> {
    fn take(self, node: &Node) -> Option<&Node> {
        match (self, &node.content) {
            (Self::Member(name), _) => node.member(name),
            // Where a name is given twice, the second one is what is wrong.
            (Self::Item(item), Content::List(items)) => {
                items.iter().rfind(|node| is_named(node, item)).or_else(|| items.get(item.parse::<usize>().ok()?))
            }
            _ => None,
        }
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((item, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            steps.push(Step::Item(item));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end.max(usize::from(rest.starts_with('['))));
            if !name.is_empty() {
                steps.push(Step::Member(name));
            }
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    steps
}

fn is_named(node: &Node, name: &str) -> bool {
    let said = ["name", "type"].into_iter().find_map(|key| node.member(key)?.text());
    said.is_some_and(|said| said.eq_ignore_ascii_case(name))
}

fn name_of(item: &Value) -> Option<&str> {
    ["name", "type"].into_iter().find_map(|key| item.get(key)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
spec:
  policy:
    auth: {mode: None}
    sizes:
      bodyByType:
        - {type: multipart/form-data, body: 1Mi}
  routes:
    - name: login
      match: {path: /login}
    - match: {path: /a}
      name: a
      policy:
        sizes: {body: 1}
    - name: a
";

    #[test]
    fn a_path_leads_to_the_nearest_line_that_was_written() {
        let root: Node = serde_saphyr::from_str(TEXT).unwrap();
        for (path, line) in [
            ("spec.policy.auth.mode", 3),
            ("spec.policy.rateLimits[x].window", 2),
            ("spec.policy.sizes.bodyByType[multipart/form-data].body", 6),
            ("spec.routes", 7),
            ("spec.routes[login].match.path", 9),
            ("spec.routes[1].policy.sizes.body", 13),
            ("spec.routes[a]", 14),
            ("", 1),
            ("[", 1),
            ("a[[b]..]", 1),
        ] {
            assert_eq!(line_of(&root, path), line, "{path}");
        }
    }

    #[test]
    fn numbers_of_items_become_names() {
        let root: Node = serde_saphyr::from_str(TEXT).unwrap();
        let value = root.value();
        assert_eq!(named(&value, "spec.routes[1].policy.sizes.body"), "spec.routes[a].policy.sizes.body");
        assert_eq!(
            named(&value, "spec.policy.sizes.bodyByType[0].body"),
            "spec.policy.sizes.bodyByType[multipart/form-data].body"
        );
        assert_eq!(named(&value, "spec.other[7].x"), "spec.other[7].x");
    }
}
