//! What expressions match, on both kinds of texts. The expected places are those of Node.js.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use brink_expressions::{CompileError, Expression, Flags, Found, Text};

type Groups = Vec<Option<(usize, usize)>>;

fn flags(letters: &str) -> Flags {
    Flags {
        ignore_case: letters.contains('i'),
        multiline: letters.contains('m'),
        dot_all: letters.contains('s'),
        unicode: letters.contains('u'),
    }
}

/// Where the expression and its groups match first; the same in each kind of text that can be.
fn places(source: &str, letters: &str, text: &str, from: usize, sticky: bool) -> Option<Groups> {
    let expression = Expression::compile(source, flags(letters)).unwrap();
    let units: Vec<u16> = text.encode_utf16().collect();
    let find = |text: Text<'_>| {
        let mut found = Found::default();
        let matched = expression.find(text, from, sticky, &mut found).unwrap();
        let groups = 0..=expression.groups();
        matched.then(|| {
            groups.map(|number| found.group(number).map(|range| (range.start, range.end))).collect()
        })
    };
    let wide = find(Text::Utf16(&units));
    let bytes: Option<Vec<u8>> = units.iter().map(|unit| u8::try_from(*unit).ok()).collect();
    if let Some(bytes) = bytes {
        assert_eq!(find(Text::Latin1(&bytes)), wide, "/{source}/{letters} on {text:?}");
    }
    wide
}

#[test]
fn matches_what_nodejs_matches() {
    let cases: &[(&str, &str, &str, Option<Groups>)] = &[
        (
            r"(\w+)@(\w+)\.com",
            "",
            "to me@here.com",
            Some(vec![Some((3, 14)), Some((3, 5)), Some((6, 10))]),
        ),
        ("(a*)?", "", "b", Some(vec![Some((0, 0)), None])),
        ("(?:(a)|b)*", "", "ab", Some(vec![Some((0, 2)), None])),
        (
            "(z)((a+)?(b+)?(c))*",
            "",
            "zaacbbbcac",
            Some(vec![
                Some((0, 10)),
                Some((0, 1)),
                Some((8, 10)),
                Some((8, 9)),
                None,
                Some((9, 10)),
            ]),
        ),
        (r"(?=(a+))a*b\1", "", "baaabac", Some(vec![Some((3, 6)), Some((3, 4))])),
        (
            r"(.*?)a(?!(a+)b\2c)\2(.*)",
            "",
            "baaabaac",
            Some(vec![Some((0, 8)), Some((0, 2)), None, Some((3, 8))]),
        ),
        (r"(?<=(\d+)(\d+))$", "", "1053", Some(vec![Some((4, 4)), Some((0, 1)), Some((1, 4))])),
        (r"(?<!\$)\b\d+", "", "$42 17", Some(vec![Some((4, 6))])),
        (r"(\w)\1", "", "abccd", Some(vec![Some((2, 4)), Some((2, 3))])),
        (r"a{2,3}?", "", "aaaa", Some(vec![Some((0, 2))])),
        (r"(?:ab){2}", "", "ababab", Some(vec![Some((0, 4))])),
        ("^b$", "m", "a\nb\nc", Some(vec![Some((2, 3))])),
        ("a.b", "", "a\nb", None),
        ("a.b", "s", "a\nb", Some(vec![Some((0, 3))])),
        ("É", "i", "café", Some(vec![Some((3, 4))])),
        ("[À-Ö]+", "i", "àÉ", Some(vec![Some((0, 2))])),
        (r"[^\W_]+", "i", "_k_", Some(vec![Some((1, 2))])),
        ("µ", "i", "Μ", Some(vec![Some((0, 1))])),
        (".", "", "😀", Some(vec![Some((0, 1))])),
        (".", "u", "😀", Some(vec![Some((0, 2))])),
        (r"\p{Lu}+", "u", "éÉЖж", Some(vec![Some((1, 3))])),
        ("ſ", "iu", "s", Some(vec![Some((0, 1))])),
        (r"\bk", "iu", "aK", None),
        ("", "", "", Some(vec![Some((0, 0))])),
        ("x*", "", "aaa", Some(vec![Some((0, 0))])),
    ];
    for (source, letters, text, expected) in cases {
        assert_eq!(places(source, letters, text, 0, false), *expected, "/{source}/{letters}");
    }
}

#[test]
fn begins_where_it_is_told_to() {
    assert_eq!(places("a", "", "abca", 1, false), Some(vec![Some((3, 4))]));
    assert_eq!(places("a", "", "abca", 1, true), None);
    assert_eq!(places("b", "", "abca", 1, true), Some(vec![Some((1, 2))]));
    assert_eq!(places("^a", "", "aa", 1, false), None);
    assert_eq!(places("(?<=a)b", "", "ab", 1, true), Some(vec![Some((1, 2))]));
    assert_eq!(places("", "", "ab", 2, false), Some(vec![Some((2, 2))]));
    assert_eq!(places("", "", "ab", 3, false), None);
    // In the middle of a pair, which is one character.
    assert_eq!(places("😀", "u", "😀", 1, true), Some(vec![Some((0, 2))]));
}

#[test]
fn names_groups_in_their_order() {
    let expression = Expression::compile("(?<b>x)(y)(?<a>z)", Flags::default()).unwrap();
    assert_eq!(expression.groups(), 3);
    assert_eq!(expression.names(), [("b".to_owned(), 1), ("a".to_owned(), 3)]);
}

#[test]
fn refuses_what_it_does_not_match() {
    for source in ["(", "a**", "(?<a>x)|(?<a>y)", "(?i:a)", r"\cA", r"\01"] {
        assert!(Expression::compile(source, Flags::default()).is_err(), "{source}");
    }
    let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    let error = Expression::compile(&deep, Flags::default()).unwrap_err();
    assert!(matches!(error, CompileError::Unsupported(_)));
}

#[test]
fn bounds_the_ways_that_it_remembers() {
    let expression = Expression::compile("(?:a|b)*c", Flags::default()).unwrap();
    let text = vec![b'a'; 8_000_000];
    assert!(expression.find(Text::Latin1(&text), 0, true, &mut Found::default()).is_err());
    // And is good for other texts afterwards.
    assert!(expression.find(Text::Latin1(b"abac"), 0, true, &mut Found::default()).unwrap());
}

#[test]
fn skips_to_where_a_match_can_begin() {
    let text = [vec![b'x'; 5_000_000], b"needle".to_vec()].concat();
    for source in ["needle", "[mn]ee", "(?:needle|nothing)", "(n)e+"] {
        let expression = Expression::compile(source, Flags::default()).unwrap();
        let mut found = Found::default();
        assert!(expression.find(Text::Latin1(&text), 0, false, &mut found).unwrap());
        assert_eq!(found.whole().start, 5_000_000, "{source}");
    }
}
