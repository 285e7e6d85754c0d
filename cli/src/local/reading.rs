//! The service that the files hold, where nothing is wrong with it.

use std::io::Write;

use shipshape_crds::validate::Severity;

use super::asked::Asked;
use crate::check::{judge, write_text};
use crate::manifest::{Found, Manifest, Source, find_service, read_sources};
use crate::style::Style;

/// Reads the files, and knows what was in them before.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    asked: &'a Asked,
    style: Style,
    before: Vec<Source>,
}

/// What the files hold.
#[derive(Debug)]
pub enum Reading {
    /// A service with nothing wrong.
    Sound(Box<Found>),
    /// Something is wrong, and was told.
    Wrong,
    /// The same as before.
    Unchanged,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing yet.
    pub fn new(asked: &'a Asked, style: Style) -> Self {
        Self { asked, style, before: Vec::new() }
    }

    /// Reads the files; what is wrong with them is told.
    ///
    /// # Errors
    /// When a file cannot be read, or it is not clear which service is meant.
    pub fn read(&mut self, out: &mut impl Write) -> anyhow::Result<Reading> {
        let sources = read_sources(&self.asked.files)?;
        if sources == self.before {
            return Ok(Reading::Unchanged);
        }
        let manifest = Manifest::read(&sources);
        self.before = sources;
        let report = judge(&manifest)?;
        if report.count(Severity::Error) > 0 {
            write_text(&report, self.style, out)?;
            return Ok(Reading::Wrong);
        }
        let found = find_service(&manifest, self.asked.name.as_deref(), None)?;
        Ok(Reading::Sound(Box::new(found)))
    }
}
