//! Heads of messages as the strictest reader sees them: what is not plainly one message is broken.

/// A message, or what there is of it.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The request or status line.
    pub start: String,
    /// The fields, names in lower case.
    pub fields: Vec<Field>,
    /// How its body ends.
    pub framing: Framing,
    /// What came of its body.
    pub body: Vec<u8>,
    /// What came after a chunked body.
    pub trailers: Vec<Field>,
}

/// A field: its name in lower case, and its value without the blanks around it.
pub type Field = (String, Vec<u8>);

/// How a body ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    #[default]
    Empty,
    /// After so many bytes.
    Sized(u64),
    /// With the last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What a message is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A request.
    Request,
    /// An answer; to HEAD it has no body.
    Answer { to_head: bool },
}

impl Message {
    /// All values of a field.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_slice())
    }

    /// A field's text, where it is there once.
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut all = self.all(name);
        let value = all.next().filter(|_| all.next().is_none())?;
        std::str::from_utf8(value).ok()
    }

    /// Whether an answer says when it was made, once and in the one form that senders may use (RFC 9110 section 5.6.7).
    pub fn is_dated(&self) -> bool {
        self.text("date").is_some_and(|date| date.len() == 29 && date.ends_with(" GMT") && date.contains(", "))
    }

    /// The status of an answer, or 0.
    pub fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// The method and the target of a request.
    pub fn asks(&self) -> &str {
        self.start.rsplit_once(' ').map_or("", |(asks, _)| asks)
    }
}

/// The lines of a head, and the bytes they take with the empty one.
pub type Lines<'a> = (Vec<&'a [u8]>, usize);

/// The lines of a head up to the empty one; `None` while that is not there.
pub fn lines(bytes: &[u8]) -> Result<Option<Lines<'_>>, String> {
    let (mut lines, mut taken) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        taken += line.len();
        let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
        let Some(line) = line.strip_suffix(b"\r") else { return Err("a bare LF".to_owned()) };
        if line.contains(&b'\r') {
            return Err("a bare CR".to_owned());
        }
        if line.is_empty() {
            return Ok(Some((lines, taken)));
        }
        lines.push(line);
    }
    Ok(None)
}

/// A field's line.
pub fn field(line: &[u8]) -> Result<Field, String> {
    let shown = || line.escape_ascii().to_string();
    let colon = line.iter().position(|&byte| byte == b':').ok_or_else(|| format!("no colon in {}", shown()))?;
    let (name, value) = line.split_at(colon);
    if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
        return Err(format!("no field name in {}", shown()));
    }
    let value = value.get(1..).unwrap_or_default();
    if value.iter().any(|&byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
        return Err(format!("a control byte in {}", shown()));
    }
    let value = value.trim_ascii();
    Ok((String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()))
}

/// The head whose lines these are.
pub fn head(lines: &[&[u8]], role: Role) -> Result<Message, String> {
    let (start, rest) = lines.split_first().ok_or("an empty line first")?;
    let start = std::str::from_utf8(start).map_err(|_| "a first line that is no text")?.to_owned();
    let fields = rest.iter().map(|line| field(line)).collect::<Result<Vec<_>, _>>()?;
    let mut message = Message { start, fields, ..Message::default() };
    match role {
        Role::Request => judge_request(&message)?,
        Role::Answer { .. } => judge_status(&message.start)?,
    }
    message.framing = framing(&message, role)?;
    Ok(message)
}

fn judge_request(message: &Message) -> Result<(), String> {
    let words: Vec<_> = message.start.split(' ').collect();
    let is_line = matches!(words.as_slice(), [method, target, "HTTP/1.1" | "HTTP/1.0"]
        if !method.is_empty() && method.bytes().all(is_token)
            && !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic()));
    if !is_line {
        return Err(format!("no request line: {}", message.start.escape_debug()));
    }
    match message.all("host").count() {
        1 => Ok(()),
        count => Err(format!("{count} Host fields")),
    }
}

fn judge_status(line: &str) -> Result<(), String> {
    let rest = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let rest = rest.ok_or_else(|| format!("no status line: {}", line.escape_debug()))?;
    let (status, reason) = rest.split_once(' ').ok_or("no blank after the status")?;
    let is_plain = reason.bytes().all(|byte| byte >= b' ' && byte != 0x7f);
    if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) && is_plain {
        return Ok(());
    }
    Err(format!("no status line: {}", line.escape_debug()))
}

fn framing(message: &Message, role: Role) -> Result<Framing, String> {
    let codings: Vec<_> = message.all("transfer-encoding").collect();
    let lengths: Vec<_> = message.all("content-length").collect();
    if message.start.starts_with("HTTP/1.0") && !codings.is_empty() {
        return Err("Transfer-Encoding in HTTP/1.0".to_owned());
    }
    let framing = match (codings.as_slice(), lengths.as_slice()) {
        ([], []) if role == Role::Request => Framing::Empty,
        ([], []) => Framing::UntilClose,
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Framing::Chunked,
        ([], [length]) => Framing::Sized(digits(length).ok_or("a Content-Length that is no number")?),
        ([_], []) => return Err("another Transfer-Encoding than chunked".to_owned()),
        ([], _) => return Err("several Content-Length fields".to_owned()),
        (_, []) => return Err("several Transfer-Encoding fields".to_owned()),
        _ => return Err("Transfer-Encoding beside Content-Length".to_owned()),
    };
    let status = message.status();
    let has_none = match role {
        Role::Request => false,
        Role::Answer { to_head } => to_head || status < 200 || status == 204 || status == 304,
    };
    if has_none && status < 300 && !matches!(role, Role::Answer { to_head: true }) && !codings.is_empty() {
        return Err(format!("Transfer-Encoding in an answer of status {status}"));
    }
    if matches!(role, Role::Answer { .. }) && (status < 200 || status == 204) && !lengths.is_empty() {
        return Err(format!("Content-Length in an answer of status {status}"));
    }
    Ok(if has_none { Framing::Empty } else { framing })
}

fn digits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

/// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
