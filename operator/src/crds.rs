//! `shipshape-operator crds`: the definitions as the charts carry them.

use std::io::Write;

use shipshape_crds::api::definitions;

/// Writes every definition as a YAML document.
///
/// # Errors
/// When a definition cannot be written.
pub fn write(out: &mut dyn Write) -> anyhow::Result<()> {
    for definition in definitions()? {
        // By way of JSON, so that what is absent is left out and members stand in a fixed order.
        let value = serde_json::to_value(definition)?;
        writeln!(out, "---\n{}", serde_saphyr::to_string(&value)?.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_defined() {
        let mut text = Vec::new();
        write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let read: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        let defined: Vec<Value> =
            definitions().unwrap().iter().map(|definition| serde_json::to_value(definition).unwrap()).collect();
        assert_eq!(read, defined);
    }
}
