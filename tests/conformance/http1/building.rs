//! How cases are varied: another status, a body, more steps.

use super::case::{Case, Ending, Reached, Refused, Served, Step, Want};

impl Case {
    /// Refused with one of these statuses.
    pub fn with(mut self, statuses: &[u16]) -> Self {
        self.change_refused(|refused| refused.statuses = statuses.to_vec());
        self
    }

    /// Refused after so many requests were served.
    pub fn after_serving(mut self, before: usize) -> Self {
        self.change_refused(|refused| refused.before = before);
        self
    }

    /// The fault is found in the body.
    pub fn in_body(mut self) -> Self {
        self.change_refused(|refused| refused.in_body = true);
        self
    }

    /// May be closed without a word.
    pub fn or_mute(mut self) -> Self {
        self.change_refused(|refused| refused.may_be_mute = true);
        self
    }

    /// The framing is clear, so that the connection may be kept.
    pub fn may_keep(self) -> Self {
        self.then(Ending::Open)
    }

    /// The connection is closed after it.
    pub fn closing(self) -> Self {
        self.then(Ending::Closed)
    }

    /// Refusing it with one of these statuses is right, too.
    pub fn or_refused(mut self, statuses: &[u16]) -> Self {
        if let Want::Served(served) = self.want {
            let served = Served { after: Ending::Open, ..served };
            self.want = Want::Either(served, Refused::open(statuses));
        }
        self
    }

    /// Another request reaches the upstream, too.
    pub fn and(mut self, asks: &str) -> Self {
        self.change_served(|served| {
            served.reached.push(Reached { asks: asks.to_owned(), ..Reached::default() });
            served.answers += 1;
        });
        self
    }

    /// Nothing reaches the upstream: the sidecar may answer by itself.
    pub fn or_answered_here(mut self) -> Self {
        self.change_served(|served| served.reached.clear());
        self
    }

    /// The last request reaches the upstream with this body.
    pub fn carrying(mut self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        self.change_reached(|reached| reached.body = body);
        self
    }

    /// The last request reaches the upstream with this field.
    pub fn having(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        self.change_reached(|reached| reached.has.push((name, value)));
        self
    }

    /// The last request reaches the upstream without these fields.
    pub fn lacking(mut self, names: &[&'static str]) -> Self {
        self.change_reached(|reached| reached.lacks.extend(names));
        self
    }

    /// No whole request reaches the upstream; the answer is open.
    pub fn or_nothing(mut self) -> Self {
        self.want = Want::Nothing;
        self
    }

    /// The client does more.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The client sends more, in a write of its own.
    pub fn send(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Send(bytes.into()))
    }

    /// The client sends each byte in a packet of its own.
    pub fn trickled(mut self) -> Self {
        for step in &mut self.steps {
            if let Step::Send(bytes) = step {
                *step = Step::Trickle(std::mem::take(bytes));
            }
        }
        self.name.push_str(", byte by byte");
        self
    }

    fn then(mut self, after: Ending) -> Self {
        self.change_refused(|refused| refused.after = after);
        self.change_served(|served| served.after = after);
        self
    }

    fn change_refused(&mut self, change: impl FnOnce(&mut Refused)) {
        if let Want::Refused(refused) | Want::Either(_, refused) = &mut self.want {
            change(refused);
        }
    }

    fn change_served(&mut self, change: impl FnOnce(&mut Served)) {
        if let Want::Served(served) | Want::Either(served, _) = &mut self.want {
            change(served);
        }
    }

    fn change_reached(&mut self, change: impl FnOnce(&mut Reached)) {
        self.change_served(|served| {
            if let Some(last) = served.reached.last_mut() {
                change(last);
            }
        });
    }
}

impl Refused {
    fn open(statuses: &[u16]) -> Self {
        let statuses = statuses.to_vec();
        Self { statuses, after: Ending::Open, before: 0, in_body: false, may_be_mute: false }
    }
}
