//! A case of the other side: what an upstream answers, and what its client may be told.

use super::reply::Reply;

/// What an upstream answers, and what its client may be told.
#[derive(Debug, Clone)]
pub struct AnswerCase {
    /// The kind of trick.
    pub class: &'static str,
    /// What distinguishes it within its class.
    pub name: String,
    /// The rule that it stands on.
    pub rule: &'static str,
    /// What the client sends.
    pub request: Vec<u8>,
    /// What the upstream answers, request by request.
    pub replies: Vec<Reply>,
    /// What the client may be told.
    pub want: Vec<Want>,
    /// The interim answers that it is told.
    pub interims: Vec<u16>,
    /// What becomes of the upstream's connection.
    pub reuse: Reuse,
}

/// What the client may be told.
#[derive(Debug, Clone)]
pub enum Want {
    /// One whole answer.
    Whole(Whole),
    /// A refusal with this status: nothing of the upstream's answer.
    Gateway(u16),
    /// An answer that breaks off, and shows it.
    Cut,
}

/// One whole answer.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// Fields with exactly these values, in order.
    pub has: Vec<(&'static str, Vec<&'static [u8]>)>,
    /// Fields that are gone.
    pub lacks: Vec<&'static str>,
}

/// What becomes of the upstream's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// It is closed, and takes no other request.
    Closed,
    /// It takes no other request.
    Never,
    /// That is the sidecar's choice.
    Open,
}

/// An ordinary request for an answer.
pub const ASKS: &[u8] = b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Answered with 502.
pub fn broken(
    class: &'static str,
    rule: &'static str,
    name: impl Into<String>,
    bytes: impl Into<Vec<u8>>,
) -> AnswerCase {
    AnswerCase::new(class, rule, name, bytes, Want::Gateway(502), Reuse::Closed)
}

/// Cut off: its end is never reached.
pub fn cut(class: &'static str, rule: &'static str, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> AnswerCase {
    let mut case = AnswerCase::new(class, rule, name, bytes, Want::Cut, Reuse::Closed);
    // The fault may be seen before the head was passed on.
    case.want.push(Want::Gateway(502));
    case
}

/// Passed on, with this status and body.
pub fn passed(
    class: &'static str,
    rule: &'static str,
    name: impl Into<String>,
    bytes: impl Into<Vec<u8>>,
    (status, body): (u16, &[u8]),
) -> AnswerCase {
    let whole = Whole { status, body: body.to_vec(), has: Vec::new(), lacks: Vec::new() };
    AnswerCase::new(class, rule, name, bytes, Want::Whole(whole), Reuse::Open)
}

impl AnswerCase {
    fn new(
        class: &'static str,
        rule: &'static str,
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        want: Want,
        reuse: Reuse,
    ) -> Self {
        let (request, replies) = (ASKS.to_vec(), vec![Reply::bytes(bytes)]);
        Self { class, name: name.into(), rule, request, replies, want: vec![want], interims: Vec::new(), reuse }
    }

    /// Whether a head only is asked for.
    pub fn is_to_head(&self) -> bool {
        self.request.starts_with(b"HEAD ")
    }

    /// Asked for with another request.
    pub fn asked(mut self, request: impl Into<Vec<u8>>) -> Self {
        self.request = request.into();
        self
    }

    /// The upstream answers otherwise.
    pub fn replied(mut self, change: impl Fn(Reply) -> Reply) -> Self {
        self.replies = self.replies.into_iter().map(change).collect();
        self
    }

    /// The upstream closes the connection after it.
    pub fn closing(self) -> Self {
        self.replied(Reply::closing)
    }

    /// A refusal is right, too.
    pub fn or_gateway(mut self, status: u16) -> Self {
        self.want.push(Want::Gateway(status));
        self
    }

    /// Only a refusal is right.
    pub fn gateway(mut self, status: u16) -> Self {
        self.want = vec![Want::Gateway(status)];
        self
    }

    /// With this field in it.
    pub fn having(mut self, name: &'static str, values: &[&'static [u8]]) -> Self {
        self.change_whole(|whole| whole.has.push((name, values.to_vec())));
        self
    }

    /// Without these fields.
    pub fn lacking(mut self, names: &[&'static str]) -> Self {
        self.change_whole(|whole| whole.lacks.extend(names));
        self
    }

    /// The client is told these interim answers.
    pub fn after_interims(mut self, statuses: &[u16]) -> Self {
        self.interims = statuses.to_vec();
        self
    }

    /// The upstream's connection takes no other request.
    pub fn never_reused(mut self) -> Self {
        self.reuse = Reuse::Never;
        self
    }

    /// The upstream's connection may take another request.
    pub fn may_be_reused(mut self) -> Self {
        self.reuse = Reuse::Open;
        self
    }

    fn change_whole(&mut self, change: impl FnOnce(&mut Whole)) {
        if let Some(Want::Whole(whole)) = self.want.first_mut() {
            change(whole);
        }
    }
}
