//! Header fields in the order they came, by names that were folded once, in one block of text.

use super::spare::{Spare, give, give_buffer, take, take_buffer};
use crate::text_blocks::{fold, may_split};

/// One header field. The name is in lower case; the value has no surrounding blanks and no line breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, in lower case.
    pub name: &'a [u8],
    /// The value, as it came.
    pub value: &'a [u8],
}

/// Header fields, in order. All of them stand in one block as lines of HTTP/1, so that a head costs two allocations
/// whatever it carries and goes out in few copies; looking one up walks the list: requests have a dozen.
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

thread_local! {
    static PLACES: Spare<Place> = const { Spare::new(256, 128) };
}

impl Fields {
    /// Room for so many fields of so much text, and for what a proxy adds to them.
    #[must_use]
    pub fn with_capacity(fields: usize, text: usize) -> Self {
        let (mut block, mut places) = (take_buffer(), take(&PLACES));
        block.reserve(text + SPARE_TEXT);
        places.reserve(fields + SPARE_FIELDS);
        Self { text: block, places }
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

    /// Adds a field; `name` is in lower case. What would split a message (a line break or NUL in the value), and what
    /// would make a block of more than 4 GiB, is left out: it could only come from a defect.
    #[inline]
    pub fn append(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.append_bytes(name.as_ref(), value.as_ref());
    }

    fn append_bytes(&mut self, name: &[u8], value: &[u8]) {
        let is_one_line = !may_split(name) && !may_split(value);
        let start = self.text.len();
        let value_at = start.saturating_add(name.len()).saturating_add(SEPARATOR.len());
        if is_one_line && let Some(place) = Place::new(start, name.len(), value_at, value.len()) {
            if self.text.capacity() == 0 {
                (self.text, self.places) = (take_buffer(), take(&PLACES));
            }
            self.text.reserve(name.len() + value.len() + SEPARATOR.len() + BREAK.len());
            for text in [name, SEPARATOR, value, BREAK] {
                self.text.extend_from_slice(text);
            }
            self.places.push(place);
        }
    }

    /// Replaces every field of a name (in lower case) by one.
    #[inline]
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.set_bytes(name.as_ref(), value.as_ref());
    }

    fn set_bytes(&mut self, name: &[u8], value: &[u8]) {
        if self.iter().any(|field| field.name == name) {
            self.retain(|field| field.name != name);
        }
        self.append_bytes(name, value);
    }

    /// Adds fields that stand together already, in one copy.
    pub fn extend(&mut self, other: &Self) {
        let Ok(shift) = u32::try_from(self.text.len()) else { return };
        if u32::try_from(self.text.len().saturating_add(other.text.len())).is_ok() {
            self.text.extend_from_slice(&other.text);
            self.places.extend(other.places.iter().map(|place| place.shifted(shift)));
        }
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
    pub(super) fn into_parts(mut self) -> (Vec<u8>, Vec<Place>) {
        (std::mem::take(&mut self.text), std::mem::take(&mut self.places))
    }

    /// Adds a field by its whole line, `Name: value` CR LF; the name has so many bytes, and any case.
    #[inline]
    pub(super) fn push_line(&mut self, line: &[u8], name: usize) {
        let start = self.text.len();
        let marks = name + SEPARATOR.len() + BREAK.len();
        let place = Place::new(start, name, start + name + SEPARATOR.len(), line.len().saturating_sub(marks));
        if let Some(place) = place {
            self.text.extend_from_slice(line);
            if let Some(name) = self.text.get_mut(start..start + name) {
                fold(name);
            }
            self.places.push(place);
        }
    }

    /// Appends the lines of the fields whose names are to be kept: neighbours in one copy.
    pub(super) fn write_lines(&self, out: &mut Vec<u8>, mut keep: impl FnMut(&[u8]) -> bool) {
        let mut run = (0, 0);
        for place in self.places.iter().filter(|place| keep(self.slice(place.name))) {
            let (start, end) = place.line();
            if run.1 != start {
                out.extend_from_slice(self.slice(run));
                run.0 = start;
            }
            run.1 = end;
        }
        out.extend_from_slice(self.slice(run));
    }

    /// Room that the lines of all fields take at most, in bytes.
    pub(super) fn room(&self) -> usize {
        self.text.len()
    }

    fn is_named(&self, place: &Place, name: &str) -> bool {
        (place.name.1 - place.name.0) as usize == name.len() && self.slice(place.name) == name.as_bytes()
    }

    fn slice(&self, range: (u32, u32)) -> &[u8] {
        slice(&self.text, range)
    }
}

/// What stands between name and value, and behind the value.
const SEPARATOR: &[u8] = b": ";
const BREAK: &[u8] = b"\r\n";

impl Place {
    /// A line that begins at `start`; `None` beyond 4 GiB.
    #[inline]
    fn new(start: usize, name: usize, value_at: usize, value: usize) -> Option<Self> {
        let end = u32::try_from(value_at.checked_add(value)?).ok().filter(|end| *end < u32::MAX - 2)?;
        // What lies before the end fits as well.
        let fitting = |at: usize| u32::try_from(at).unwrap_or(end);
        Some(Self { name: (fitting(start), fitting(start + name)), value: (fitting(value_at), end) })
    }

    /// The same, so much further back in a block.
    fn shifted(self, by: u32) -> Self {
        let moved = |(start, end): (u32, u32)| (start.saturating_add(by), end.saturating_add(by));
        Self { name: moved(self.name), value: moved(self.value) }
    }

    /// Where its whole line stands.
    fn line(&self) -> (u32, u32) {
        (self.name.0, self.value.1.saturating_add(2))
    }
}

fn slice(text: &[u8], (start, end): (u32, u32)) -> &[u8] {
    text.get(start as usize..end as usize).unwrap_or_default()
}

/// What a head held is the next one's.
impl Drop for Fields {
    fn drop(&mut self) {
        give_buffer(std::mem::take(&mut self.text));
        give(&PLACES, std::mem::take(&mut self.places));
    }
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
    fn fields_that_stand_together_are_added_as_they_are() {
        let (mut fields, mut others) = (Fields::default(), Fields::default());
        fields.append("a", "1");
        others.append("b", "2");
        others.append("c", "3");
        others.remove("b");
        fields.extend(&others);
        fields.extend(&others);
        let all: Vec<_> = fields.iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(all, [(&b"a"[..], &b"1"[..]), (b"c", b"3"), (b"c", b"3")]);
        let mut out = Vec::new();
        fields.write_lines(&mut out, |_| true);
        assert_eq!(out, b"a: 1\r\nc: 3\r\nc: 3\r\n");
    }

    #[test]
    fn values_are_not_shown() {
        let mut fields = Fields::default();
        fields.append("authorization", "Bearer secret");
        assert_eq!(format!("{fields:?}"), "[authorization (13 bytes)]");
    }

    #[test]
    fn lines_go_out_as_they_came_but_for_what_is_left_out() {
        let mut fields = Fields::with_capacity(1, 16);
        fields.push_line(b"Accept: a\r\n", 6);
        fields.append("x-b", "");
        fields.append("gone", "1");
        fields.append("host", "c");
        fields.append("x-d", "e");
        fields.remove("gone");
        assert_eq!((fields.text("accept"), fields.text("x-b")), (Some("a"), Some("")));
        let mut out = b"> ".to_vec();
        fields.write_lines(&mut out, |name| name != b"host");
        assert_eq!(out, b"> accept: a\r\nx-b: \r\nx-d: e\r\n");
        assert!(fields.room() >= out.len());
        let mut none = Vec::new();
        Fields::default().write_lines(&mut none, |_| true);
        assert!(none.is_empty());
    }

    #[test]
    fn what_would_split_a_message_is_left_out() {
        let mut fields = Fields::default();
        for value in ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "12345678\r12345678", "1234567\n", "\0"] {
            fields.append("x", value);
            fields.append(value, "x");
        }
        assert!(fields.is_empty());
        fields.append("tab", "a\tb and\tmore than eight");
        assert_eq!(fields.len(), 1);
    }
}
