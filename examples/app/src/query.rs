//! Numbers in a query string.

/// The number given for `name`. Errors with what to write when it is missing, no number, or above `most`.
pub fn number(query: Option<&str>, name: &str, most: u64) -> Result<u64, String> {
    let remedy = || format!("write {name}=N in the query, with N from 0 to {most}\n");
    let given = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    given.and_then(|text| text.parse().ok()).filter(|number| *number <= most).ok_or_else(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_named_number_and_nothing_else() {
        assert_eq!(number(Some("ms=250"), "ms", 1000), Ok(250));
        assert_eq!(number(Some("a=1&ms=7"), "ms", 1000), Ok(7));
        for query in [None, Some(""), Some("ms=1001"), Some("ms=-1"), Some("xms=1"), Some("ms"), Some("ms=abc")] {
            assert!(number(query, "ms", 1000).unwrap_err().contains("ms=N"), "{query:?}");
        }
    }
}
