//! Texts against V8's values and words.

use boa_engine::{Context, Source};
use proptest::prelude::*;

fn run(code: &str) -> String {
    let mut context = Context::default();
    super::install(&mut context).unwrap();
    let value = context.eval(Source::from_bytes(code)).unwrap();
    value.to_string(&mut context).unwrap().to_std_string_lossy()
}

#[test]
fn values_are_those_of_the_text() {
    let code = r#"JSON.stringify(JSON.parse(' {"a": [1, -0.5, 1e3, true, null, "\\u00e9\\n"], "10": {}, "2": [], "__proto__": 1} '))"#;
    assert_eq!(run(code), r#"{"2":[],"10":{},"a":[1,-0.5,1000,true,null,"é\n"],"__proto__":1}"#);
    assert_eq!(run("1 / JSON.parse('-0')"), "-Infinity");
    assert_eq!(run("JSON.parse('12345678901234567890')"), "12345678901234567000");
    assert_eq!(run("JSON.parse('{\"a\":1,\"a\":2}').a"), "2");
    assert_eq!(run("JSON.parse.name + JSON.parse.length"), "parse2");
}

#[test]
fn a_reviver_replaces_and_removes() {
    let code = r#"JSON.stringify(JSON.parse('{"a":[1,2,3],"b":{"c":4}}',
        function (key, value) {
            if (key === 'b') return undefined;
            return typeof value === 'number' ? value * 2 : value;
        }))"#;
    assert_eq!(run(code), r#"{"a":[2,4,6]}"#);
}

#[test]
fn errors_are_worded_as_v8_words_them() {
    for (text, words) in [
        ("", "Unexpected end of JSON input"),
        ("{\"a\":", "Unexpected end of JSON input"),
        ("abc", "Unexpected token 'a', \"abc\" is not valid JSON"),
        ("undefined", "\"undefined\" is not valid JSON"),
        ("[object Object]", "\"[object Object]\" is not valid JSON"),
        ("{a}", "Expected property name or '}' in JSON at position 1"),
        ("{\"a\":1,}", "Expected double-quoted property name in JSON at position 7"),
        ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
        ("{\"a\" 1}", "Expected ':' after property name in JSON at position 5"),
        ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3"),
        ("{\"a\":1 \"b\"}", "Expected ',' or '}' after property value in JSON at position 7"),
        ("1 2", "Unexpected non-whitespace character after JSON at position 2"),
        ("\"abc", "Unterminated string in JSON at position 4"),
        (
            "<html><body>an error page, not JSON</body></html>",
            "Unexpected token '<', \"<html><bod\"... is not valid JSON",
        ),
    ] {
        let text = serde_json::to_string(text).unwrap();
        let told = run(&format!(
            "try {{ JSON.parse({text}); 'none' }} catch (e) {{ e.name + ': ' + e.message }}"
        ));
        assert_eq!(told, format!("SyntaxError: {words}"), "{text}");
    }
}

#[test]
fn deep_texts_are_read_or_rejected_and_never_end_the_process() {
    let thread = std::thread::Builder::new().stack_size(crate::STACK_SIZE);
    let deep = |depth| format!("JSON.parse('['.repeat({depth}) + ']'.repeat({depth})).length");
    thread
        .spawn(move || {
            assert_eq!(run(&deep(3_000)), "1");
            let code = format!("try {{ {} }} catch (e) {{ e.name }}", deep(1_000_000));
            assert_eq!(run(&code), "RangeError");
        })
        .unwrap()
        .join()
        .unwrap();
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "[\\[\\]{}\",:0-9eE.\\\\u+a-z \u{e9}\u{1f600}-]{0,40}") {
        let literal = serde_json::to_string(&text).unwrap();
        run(&format!("try {{ JSON.parse({literal}); 1 }} catch (e) {{ e.message }}"));
    }
}
