//! Header fields in the order they came, by names that were folded once.

use bytes::Bytes;

/// One header field. The name is in lower case; the value has no surrounding blanks and no line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name, in lower case.
    pub name: Bytes,
    /// The value, as it came.
    pub value: Bytes,
}

/// Header fields, in order. Looking one up walks the list: requests have a dozen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

impl Fields {
    /// Room for so many fields.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The first value of a name (in lower case).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|field| field.name == name.as_bytes()).map(|field| &field.value)
    }

    /// The first value of a name, where it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Every value of a name (in lower case), in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> + 'a {
        self.0.iter().filter(move |field| field.name == name.as_bytes()).map(|field| &field.value)
    }

    /// Whether a name (in lower case) is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a field; `name` is in lower case.
    pub fn append(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push(Field { name: name.into(), value: value.into() });
    }

    /// Replaces every field of a name (in lower case) by one.
    pub fn set(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        let name = name.into();
        self.0.retain(|field| field.name != name);
        self.0.push(Field { name, value: value.into() });
    }

    /// Removes every field of a name (in lower case).
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|field| field.name != name.as_bytes());
    }

    /// Keeps the fields for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Field) -> bool) {
        self.0.retain(keep);
    }

    /// The fields, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Field> for Fields {
    fn extend<I: IntoIterator<Item = Field>>(&mut self, fields: I) {
        self.0.extend(fields);
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_replaces_all_and_append_adds() {
        let mut fields = Fields::default();
        fields.append("a", "1");
        fields.append("b", "2");
        fields.append("a", "3");
        assert_eq!(fields.all("a").count(), 2);
        fields.set("a", "4");
        assert_eq!((fields.text("a"), fields.all("a").count(), fields.len()), (Some("4"), 1, 2));
        fields.remove("a");
        assert!(!fields.has("a") && fields.has("b"));
    }
}
