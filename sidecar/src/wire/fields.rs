//! Header fields in the order they came, by names that were folded once, in one block of text.

/// One header field. The name is in lower case; the value has no surrounding blanks and no line breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, in lower case.
    pub name: &'a [u8],
    /// The value, as it came.
    pub value: &'a [u8],
}

/// Header fields, in order. All of them stand in one block, so that a head costs two allocations whatever it carries;
/// looking one up walks the list: requests have a dozen.
#[derive(Clone, Default)]
pub struct Fields {
    text: Vec<u8>,
    places: Vec<Place>,
}

/// Where a field stands in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: (u32, u32),
    pub(super) value: (u32, u32),
}

/// Room for the fields that a proxy adds, so that adding them moves nothing.
const SPARE_TEXT: usize = 512;
const SPARE_FIELDS: usize = 12;

impl Fields {
    /// Room for so many fields of so much text, and for what a proxy adds to them.
    #[must_use]
    pub fn with_capacity(fields: usize, text: usize) -> Self {
        Self { text: Vec::with_capacity(text + SPARE_TEXT), places: Vec::with_capacity(fields + SPARE_FIELDS) }
    }

    /// The first value of a name (in lower case).
    #[must_use]
    pub fn get<'a>(&'a self, name: &str) -> Option<&'a [u8]> {
        let place = self.places.iter().find(|place| self.is_named(place, name))?;
        Some(self.slice(place.value))
    }

    /// The first value of a name, where it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Every value of a name (in lower case), in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.places.iter().filter(|place| self.is_named(place, name)).map(|place| self.slice(place.value))
    }

    /// Whether a name (in lower case) is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a field; `name` is in lower case. What would make a block of more than 4 GiB is left out.
    pub fn append(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let (name, value) = (self.push_text(name.as_ref()), self.push_text(value.as_ref()));
        if let (Some(name), Some(value)) = (name, value) {
            self.places.push(Place { name, value });
        }
    }

    /// Replaces every field of a name (in lower case) by one.
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let name = name.as_ref();
        self.retain(|field| field.name != name);
        self.append(name, value);
    }

    /// Removes every field of a name (in lower case).
    pub fn remove(&mut self, name: &str) {
        self.retain(|field| field.name != name.as_bytes());
    }

    /// Keeps the fields for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(Field<'_>) -> bool) {
        let Self { text, places } = self;
        places.retain(|place| keep(Field { name: slice(text, place.name), value: slice(text, place.value) }));
    }

    /// The fields, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Field<'_>> + Clone {
        self.places.iter().map(|place| Field { name: self.slice(place.name), value: self.slice(place.value) })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The block, and where its fields stand in it, for whoever hands the block on as it is.
    pub(super) fn into_parts(self) -> (Vec<u8>, Vec<Place>) {
        (self.text, self.places)
    }

    /// Takes text of a head that is being read; its places follow with [`Self::push_place`].
    pub(super) fn push_text(&mut self, text: &[u8]) -> Option<(u32, u32)> {
        let start = u32::try_from(self.text.len()).ok()?;
        let end = u32::try_from(self.text.len().checked_add(text.len())?).ok()?;
        self.text.extend_from_slice(text);
        Some((start, end))
    }

    /// Folds the letters of a range that [`Self::push_text`] gave to lower case.
    pub(super) fn fold(&mut self, (start, end): (u32, u32)) {
        if let Some(name) = self.text.get_mut(start as usize..end as usize) {
            name.make_ascii_lowercase();
        }
    }

    /// Adds a field whose text is already in the block; its name is in lower case.
    pub(super) fn push_place(&mut self, place: Place) {
        self.places.push(place);
    }

    fn is_named(&self, place: &Place, name: &str) -> bool {
        (place.name.1 - place.name.0) as usize == name.len() && self.slice(place.name) == name.as_bytes()
    }

    fn slice(&self, range: (u32, u32)) -> &[u8] {
        slice(&self.text, range)
    }
}

fn slice(text: &[u8], (start, end): (u32, u32)) -> &[u8] {
    text.get(start as usize..end as usize).unwrap_or_default()
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

/// Names only: values may be secrets.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The name only: the value may be a secret.
impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name.escape_ascii(), self.value.len())
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

    #[test]
    fn fields_are_equal_by_what_they_say() {
        let mut one = Fields::default();
        one.append("gone", "1");
        one.remove("gone");
        one.append("a", "1");
        let mut other = Fields::with_capacity(1, 2);
        other.append("a", "1");
        assert_eq!(one, other);
        other.append("a", "1");
        assert_ne!(one, other);
    }

    #[test]
    fn values_are_not_shown() {
        let mut fields = Fields::default();
        fields.append("authorization", "Bearer secret");
        assert_eq!(format!("{fields:?}"), "[authorization (13 bytes)]");
    }

    #[test]
    fn text_that_was_taken_becomes_a_field_when_its_place_is_known() {
        let mut fields = Fields::with_capacity(1, 16);
        let (start, _) = fields.push_text(b"Accept: a").unwrap();
        let place = Place { name: (start, start + 6), value: (start + 8, start + 9) };
        fields.fold(place.name);
        fields.push_place(place);
        assert_eq!(fields.text("accept"), Some("a"));
    }
}
