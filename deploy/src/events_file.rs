//! A file of events, one JSON document per line.
//!
//! If the first line is not a whole document, as in a pretty-printed file, the file is read as
//! documents one after another. So the output of `brink event` can be run as it is.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::command_error::CommandError;

/// Reads every event. The error names the first line that is not JSON. Empty lines do not count.
pub fn read(file: &Path) -> Result<Vec<Value>, CommandError> {
    let text = text_of(file)?;
    parse(&text).map_err(|(line, error)| {
        CommandError::failed(format!("{}:{line}: not a JSON document: {error}", file.display()))
    })
}

/// A file's text, or standard input's for `-`.
pub fn text_of(file: &Path) -> Result<String, CommandError> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(|error| CommandError::reading(file, error))
}

fn parse(text: &str) -> Result<Vec<Value>, (usize, serde_json::Error)> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let spans_lines = lines
        .clone()
        .next()
        .and_then(|(_, line)| serde_json::from_str::<Value>(line).err())
        .is_some_and(|error| error.is_eof());
    if spans_lines {
        let documents = serde_json::Deserializer::from_str(text).into_iter();
        return documents.map(|read| read.map_err(|error| (error.line(), error))).collect();
    }
    lines.try_fold(Vec::new(), |mut events, (index, line)| {
        events.push(serde_json::from_str(line).map_err(|error| (index + 1, error))?);
        Ok(events)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_document_a_line_or_over_many() {
        assert_eq!(parse("{\"a\":1}\n\n 2\n").unwrap(), [json!({"a": 1}), json!(2)]);
        assert_eq!(parse("{\n\"a\":\n1}\n{\n}").unwrap(), [json!({"a": 1}), json!({})]);
        assert_eq!(parse("").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn the_error_names_the_line_that_is_not_json() {
        assert_eq!(parse("{}\n\nnot json\n{}").unwrap_err().0, 3);
        assert_eq!(parse("{}\n{\"a\":").unwrap_err().0, 2);
        assert_eq!(parse("{\n}\nno").unwrap_err().0, 3);
    }
}
