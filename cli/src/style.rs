//! Colours, on a terminal only.

use std::io::IsTerminal;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// With the terminal's colours.
    Coloured,
    /// Text alone.
    Plain,
}

impl Style {
    /// Coloured where it is read by people who want it: on a terminal, unless `NO_COLOR` is set.
    #[must_use]
    pub fn for_output(output: &impl IsTerminal, no_color: Option<&std::ffi::OsStr>) -> Self {
        let is_wanted = no_color.is_none_or(std::ffi::OsStr::is_empty);
        if is_wanted && output.is_terminal() { Self::Coloured } else { Self::Plain }
    }

    /// What is as it should be.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What is wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// What may surprise.
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What matters less.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What matters most.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_no_colours() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Style::for_output(&file, None), Style::Plain);
        assert_eq!(Style::Plain.bad("x"), "x");
        assert_eq!(Style::Coloured.bad("x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
