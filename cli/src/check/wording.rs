//! What is wrong, and what to write, in the words of the schema.

use std::str::FromStr;

use schemars::JsonSchema;
use serde_json::Value;
use shipshape_crds::text::{ByteSize, Cidr, HeaderName, Hostname, PathPattern, Quantity, Timespan, WordError};

/// How alike a misspelt word must be to the right one, from 0 to 1.
const ALIKE: f64 = 0.8;
/// The most names that are listed.
const LISTED: usize = 12;

/// The words for a broken keyword of a schema, and the value that broke it.
pub(super) fn told(keyword: &str, schema: &Value, value: &Value) -> String {
    let limit = || schema.get(keyword).map(number).unwrap_or_default();
    match keyword {
        "required" => format!("write it: {}", first_sentence(schema).unwrap_or_else(|| "it is required.".to_owned())),
        "type" => wrong_type(schema, value),
        "enum" => wrong_word(schema, value),
        "pattern" => wrong_text(schema, value),
        "format" => format!("\"{}\" is no time: write one such as 2027-01-31T00:00:00Z", shortened(&bare(value))),
        "minimum" => format!("write {} or more, not {value}", limit()),
        "maximum" => format!("write {} or less, not {value}", limit()),
        "minLength" => "write something: it is empty".to_owned(),
        "maxLength" => format!("write at most {} characters", limit()),
        "minItems" => format!("list {} items or more", limit()),
        "maxItems" => format!("list {} items or fewer", limit()),
        "maxProperties" => format!("write {} members or fewer", limit()),
        other => format!("{value} breaks the schema's {other} {}", limit()),
    }
}

/// The words for a field that does not exist, and the one that may have been meant.
pub(super) fn unknown_field(schema: &Value, name: &str) -> String {
    let members = schema.get("properties").and_then(Value::as_object);
    let known: Vec<&str> = members.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    match nearest(name, &known) {
        Some(meant) => format!("no such field: did you mean \"{meant}\"?"),
        None if known.is_empty() => "no such field: leave it out".to_owned(),
        None => format!("no such field: there are {}", listed(&known)),
    }
}

/// The candidate that is spelt most alike, if any is.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let likeness = |candidate: &str| strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
    let scored = candidates.iter().map(|candidate| (likeness(candidate), *candidate));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= ALIKE).then_some(best.1)
}

fn wrong_type(schema: &Value, value: &Value) -> String {
    let wanted = match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        _ => "a map of fields",
    };
    let hint = match (wanted, value) {
        ("text", Value::Bool(_) | Value::Number(_)) => format!(": put it in quotes, \"{value}\""),
        ("a whole number" | "a number", Value::String(text)) if text.parse::<f64>().is_ok() => {
            ": take away the quotes".to_owned()
        }
        ("a list", _) => ": write [ ] around it, or - before it".to_owned(),
        _ => String::new(),
    };
    format!("write {wanted}, not {}{hint}", kind_of(value))
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map of fields".to_owned(),
        Value::String(text) => format!("\"{}\"", shortened(text)),
        other => other.to_string(),
    }
}

fn wrong_word(schema: &Value, value: &Value) -> String {
    let options = schema.get("enum").and_then(Value::as_array);
    let words: Vec<String> = options.into_iter().flatten().filter(|option| !option.is_null()).map(bare).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let given = bare(value);
    match nearest(&given, &words) {
        Some(meant) if words.len() > 1 => format!("\"{given}\" is none of {}: did you mean {meant}?", listed(&words)),
        _ => format!("write {}, not \"{}\"", listed(&words), shortened(&given)),
    }
}

fn wrong_text(schema: &Value, value: &Value) -> String {
    let pattern = schema.get("pattern").and_then(Value::as_str).unwrap_or_default();
    let given = bare(value);
    if let Some(words) = in_its_own_words(pattern, &given) {
        return words;
    }
    let given = shortened(&given);
    match first_sentence(schema) {
        Some(description) => format!("\"{given}\" does not match {pattern}. {description}"),
        None => format!("\"{given}\" does not match {pattern}"),
    }
}

/// What the type with this pattern says against a text: it knows better than its pattern what to write.
fn in_its_own_words(pattern: &str, text: &str) -> Option<String> {
    let refusals = [
        refusal::<ByteSize>,
        refusal::<Cidr>,
        refusal::<HeaderName>,
        refusal::<Hostname>,
        refusal::<PathPattern>,
        refusal::<Quantity>,
        refusal::<Timespan>,
    ];
    refusals.into_iter().find_map(|refusal| refusal(pattern, text))
}

fn refusal<W: JsonSchema + FromStr<Err = WordError>>(pattern: &str, text: &str) -> Option<String> {
    let schema = schemars::schema_for!(W);
    let is_its_own = schema.get("pattern").and_then(Value::as_str) == Some(pattern);
    if is_its_own { text.parse::<W>().err().map(|error| error.to_string()) } else { None }
}

/// A list of words in a sentence: `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] if words.len() <= LISTED => format!("{} or {last}", all.join(", ")),
        _ => format!("{} …", words.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ")),
    }
}

/// A number as people write it: limits of a schema are floats.
fn number(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    cut.and_then(|at| text.get(..at)).map_or_else(|| text.to_owned(), |start| format!("{start}…"))
}

fn first_sentence(schema: &Value) -> Option<String> {
    let description = schema.get("description")?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = description.split_once(". ").map_or(description.as_str(), |(first, _)| first);
    Some(format!("{}.", sentence.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_keyword_says_what_to_write() {
        let cases = [
            ("type", json!({"type": "string"}), json!(false), "write text, not false: put it in quotes, \"false\""),
            ("type", json!({"type": "integer"}), json!("80"), "write a whole number, not \"80\": take away the quotes"),
            ("type", json!({"type": "object"}), json!([]), "write a map of fields, not a list"),
            ("enum", json!({"enum": ["GET", "PUT"]}), json!("get"), "\"get\" is none of GET or PUT: did you mean GET?"),
            ("enum", json!({"enum": [301, 308]}), json!(999), "write 301 or 308, not \"999\""),
            ("maximum", json!({"maximum": 5.0}), json!(7), "write 5 or less, not 7"),
            ("required", json!({"description": "The image.\n More."}), json!({}), "write it: The image."),
            (
                "pattern",
                json!({"pattern": "^a$", "description": "The letter. Or so."}),
                json!("b"),
                "\"b\" does not match ^a$. The letter.",
            ),
        ];
        for (keyword, schema, value, words) in cases {
            assert_eq!(told(keyword, &schema, &value), words);
        }
    }

    #[test]
    fn a_word_says_itself_what_is_wrong_with_it() {
        let schema = serde_json::to_value(schemars::schema_for!(Timespan)).unwrap();
        let error = "5 seconds".parse::<Timespan>().unwrap_err().to_string();
        assert_eq!(told("pattern", &schema, &json!("5 seconds")), error);
    }

    #[test]
    fn a_misspelt_field_is_recognised_and_a_foreign_one_is_not() {
        let schema = json!({"properties": {"rateLimits": {}, "timeouts": {}, "auth": {}}});
        assert_eq!(unknown_field(&schema, "ratelimit"), "no such field: did you mean \"rateLimits\"?");
        assert_eq!(unknown_field(&schema, "timeout"), "no such field: did you mean \"timeouts\"?");
        assert_eq!(unknown_field(&schema, "volumes"), "no such field: there are auth, rateLimits or timeouts");
    }
}
