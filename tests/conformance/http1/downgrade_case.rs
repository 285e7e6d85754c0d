//! A case of another side: what comes by HTTP/2, and what may reach an upstream that speaks HTTP/1.

use super::case::Reached;
use super::http2::Request;

/// What comes by HTTP/2, and what may reach an upstream that speaks HTTP/1.
#[derive(Debug, Clone)]
pub struct DowngradeCase {
    /// The kind of trick.
    pub class: &'static str,
    /// What distinguishes it within its class.
    pub name: String,
    /// The rule that it stands on.
    pub rule: &'static str,
    /// What the client sends.
    pub request: Request,
    /// What reaches the upstream, where it is served.
    pub reached: Option<Reached>,
    /// Whether it may be refused: always, where nothing is to reach the upstream.
    pub may_be_refused: bool,
}

/// A request whose fields are those of [`fields`], with some of them replaced or, where they are new, added.
pub fn request(changes: &[(&[u8], &[u8])]) -> Request {
    let mut fields = fields();
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.to_vec(),
            None => fields.push((name.to_vec(), value.to_vec())),
        }
    }
    Request { fields, ..Request::default() }
}

/// What an ordinary request says.
fn fields() -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields: [(&str, &str); 4] =
        [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", "/down")];
    fields.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).to_vec()
}

impl Request {
    /// With a body.
    pub fn carrying(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// With a trailer.
    pub fn trailing(mut self, name: &[u8], value: &[u8]) -> Self {
        self.trailers.push((name.to_vec(), value.to_vec()));
        self
    }

    /// With another field, whether or not it is there already.
    pub fn and(mut self, name: &[u8], value: &[u8]) -> Self {
        self.fields.push((name.to_vec(), value.to_vec()));
        self
    }

    /// Without a field.
    pub fn without(mut self, name: &[u8]) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }
}

impl DowngradeCase {
    /// Refused: not a byte of it reaches the upstream.
    pub fn refused(class: &'static str, rule: &'static str, name: impl Into<String>, request: Request) -> Self {
        Self { class, name: name.into(), rule, request, reached: None, may_be_refused: true }
    }

    /// Served: reaches the upstream with the body that it has.
    pub fn served(
        class: &'static str,
        rule: &'static str,
        name: impl Into<String>,
        request: Request,
        asks: &str,
    ) -> Self {
        let body = request.body.clone().unwrap_or_default();
        let reached = Some(Reached { asks: asks.to_owned(), body, ..Reached::default() });
        Self { class, name: name.into(), rule, request, reached, may_be_refused: false }
    }

    /// Refusing it is right, too.
    pub fn or_refused(self) -> Self {
        Self { may_be_refused: true, ..self }
    }

    /// Reaches the upstream with this field.
    pub fn having(mut self, name: &'static str, value: &[u8]) -> Self {
        if let Some(reached) = &mut self.reached {
            reached.has.push((name, value.to_vec()));
        }
        self
    }

    /// Reaches the upstream without these fields.
    pub fn lacking(mut self, names: &[&'static str]) -> Self {
        if let Some(reached) = &mut self.reached {
            reached.lacks.extend(names);
        }
        self
    }
}
