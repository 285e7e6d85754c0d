//! A YAML value that remembers the line of each of its parts.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// A value and the line it begins on; for a member of a map, the line of its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The line, from 1.
    pub line: u64,
    /// What it holds.
    pub content: Content,
}

/// What a value holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing was said.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value alone. A member without a value is left out, as an API server does.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(value) => Value::Number(value.clone()),
            Content::Text(value) => Value::String(value.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Content::Map(members) => Value::Object(
                members.iter().filter(|(_, member)| member.content != Content::Null).map(pair).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The member of that name, where this is a map that has it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Content::Map(members) = &self.content else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, member)| member)
    }

    /// The items of the list of that name; none where there is no such list.
    #[must_use]
    pub fn into_items(self, name: &str) -> Vec<Self> {
        let Content::Map(members) = self.content else { return Vec::new() };
        let list = members.into_iter().find(|(key, _)| key == name).map(|(_, member)| member.content);
        if let Some(Content::List(items)) = list { items } else { Vec::new() }
    }

    /// The text, where this is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let Content::Text(text) = &self.content else { return None };
        Some(text)
    }
}

fn pair((key, member): &(String, Node)) -> (String, Value) {
    (key.clone(), member.value())
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Plain(content), referenced, defined: _ } = Spanned::deserialize(deserializer)?;
        Ok(Self { line: referenced.line(), content })
    }
}

/// A value without its own line, which only its surroundings know.
struct Plain(Content);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Plain)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Content, E> {
        Number::from_f64(value).map(Content::Number).ok_or_else(|| E::custom("write a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Content, A::Error> {
        let mut map = Vec::new();
        while let Some((key, member)) = members.next_entry::<Spanned<String>, Node>()? {
            map.push((key.value, Node { line: key.referenced.line(), ..member }));
        }
        Ok(Content::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(text: &str) -> Node {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn members_and_items_know_their_line() {
        let node = node("a: 1\nb:\n  - x\n  - {c: 2,\n     d: true}\ne:\n");
        assert_eq!(node.value(), json!({"a": 1, "b": ["x", {"c": 2, "d": true}]}));
        assert_eq!(node.member("b").map(|b| b.line), Some(2));
        let Content::List(items) = &node.member("b").unwrap().content else { panic!("no list") };
        assert_eq!(items[1].line, 4);
        assert_eq!(items[1].member("d").unwrap().line, 5);
        assert_eq!(node.member("e").unwrap().content, Content::Null);
    }

    #[test]
    fn words_stay_words() {
        let node = node("{a: \"1\", b: 1.5, c: -3, d: ~, e: 10Ki, f: null, g: 2027-01-31T00:00:00Z, h: TLSv1.2}");
        assert_eq!(
            node.value(),
            json!({"a": "1", "b": 1.5, "c": -3, "e": "10Ki", "g": "2027-01-31T00:00:00Z", "h": "TLSv1.2"})
        );
    }

    #[test]
    fn a_key_said_twice_is_refused() {
        assert!(serde_saphyr::from_str::<Node>("a: 1\na: 2\n").is_err());
    }
}
