//! A case: what a client sends, and what is right.

use super::reply::Reply;

/// What a client sends, and what is right.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kind of trick, such as `te-spelling`.
    pub class: &'static str,
    /// What distinguishes it within its class.
    pub name: String,
    /// The rule that it stands on, such as `9112 §6.1`.
    pub rule: &'static str,
    /// What the client does.
    pub steps: Vec<Step>,
    /// What the upstream answers.
    pub replies: Vec<Reply>,
    /// What is right.
    pub want: Want,
}

/// What the client does.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes bytes at once.
    Send(Vec<u8>),
    /// Writes bytes one by one, each in a packet of its own.
    Trickle(Vec<u8>),
    /// Waits until it was told to continue.
    AwaitContinue,
    /// Waits until so many answers are there.
    AwaitAnswers(usize),
    /// Says that nothing more comes.
    HalfClose,
}

/// What is right.
#[derive(Debug, Clone)]
pub enum Want {
    /// These requests reach the upstream, and each is answered.
    Served(Served),
    /// A refusal.
    Refused(Refused),
    /// Either the one or the other: the standards allow both.
    Either(Served, Refused),
    /// No whole request reaches the upstream; whether and how it is answered is open.
    Nothing,
}

/// Requests that are served.
#[derive(Debug, Clone)]
pub struct Served {
    /// What reaches the upstream.
    pub reached: Vec<Reached>,
    /// How many answers the client gets.
    pub answers: usize,
    /// What becomes of the connection.
    pub after: Ending,
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct Refused {
    /// One of these statuses.
    pub statuses: Vec<u16>,
    /// What becomes of the connection.
    pub after: Ending,
    /// How many requests are served before it.
    pub before: usize,
    /// Whether the fault is found in the body, when a part of the request may have reached the upstream.
    pub in_body: bool,
    /// Whether the connection may also be closed without a word: what came was no HTTP.
    pub may_be_mute: bool,
}

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It takes another request.
    Kept,
    /// It is closed.
    Closed,
    /// That is the sidecar's choice.
    Open,
}

/// A request as it reaches the upstream.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// Method and target.
    pub asks: String,
    /// The body.
    pub body: Vec<u8>,
    /// Fields with exactly these values.
    pub has: Vec<(&'static str, Vec<u8>)>,
    /// Fields that are gone.
    pub lacks: Vec<&'static str>,
}

/// A request that is refused with 400, on a connection that is closed.
pub fn refused(class: &'static str, rule: &'static str, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Case {
    let refused = Refused { statuses: vec![400], after: Ending::Closed, before: 0, in_body: false, may_be_mute: false };
    Case::new(class, rule, name, bytes, Want::Refused(refused))
}

/// A request that is served, and reaches the upstream as `asks` says.
pub fn served(
    class: &'static str,
    rule: &'static str,
    name: impl Into<String>,
    bytes: impl Into<Vec<u8>>,
    asks: &str,
) -> Case {
    let reached = Reached { asks: asks.to_owned(), ..Reached::default() };
    let served = Served { reached: vec![reached], answers: 1, after: Ending::Kept };
    Case::new(class, rule, name, bytes, Want::Served(served))
}

/// The spelling that a case is about, as its name.
pub fn named(spelling: &[u8]) -> String {
    let shown: String = spelling.escape_ascii().to_string().chars().take(60).collect();
    format!("[{shown}]")
}

impl Case {
    fn new(
        class: &'static str,
        rule: &'static str,
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        want: Want,
    ) -> Self {
        let steps = vec![Step::Send(bytes.into())];
        Self { class, name: name.into(), rule, steps, replies: vec![Reply::ok()], want }
    }

    /// Whether its first request is one for a head only.
    pub fn is_to_head(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Send(bytes) | Step::Trickle(bytes)) if bytes.starts_with(b"HEAD "))
    }

    /// Whether it asks to be told to continue, in a version that knows of it.
    pub fn expects_continue(&self) -> bool {
        let asks = |bytes: &[u8]| {
            let text = bytes.to_ascii_lowercase();
            text.windows(23).any(|window| window == b"\r\nexpect: 100-continue\r")
                && text.windows(10).any(|window| window == b" http/1.1\r")
        };
        matches!(self.steps.first(), Some(Step::Send(bytes) | Step::Trickle(bytes)) if asks(bytes))
    }
}
