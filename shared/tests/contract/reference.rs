//! Writes `docs/contract.md`.

use std::fmt::Write;

use brink_shared::contract::header_rules::{
    DISALLOWED, DISALLOWED_PREFIXES, NOT_CUSTOM, NOT_CUSTOM_PREFIXES, read_only,
};
use brink_shared::contract::{Rule, Strictness, limits};
use brink_shared::event::Trigger;

use crate::case::{Case, Expected};
use crate::decisions::decisions;
use crate::proofs::ELSEWHERE;

/// Where the sources that are not RFCs are to be read.
const GUIDE: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide";

const SECTIONS: [(&str, &str); 12] = [
    ("2.2", "Requests"),
    ("2.3", "The body of a request"),
    ("2.4", "Headers"),
    ("2.5", "Origins"),
    ("2.6", "What response triggers leave alone"),
    ("3.2", "What may be returned"),
    ("3.3", "Responses"),
    ("3.5", "Further reasons to reject a value"),
    ("3.6", "Functions that give no value"),
    ("4.", "Header rules"),
    ("5.1", "Quotas of a function"),
    ("5.2", "Size of a request"),
];

pub fn write(cases: &[Case]) -> String {
    let mut out = String::from(
        "# What a function may return\n\n\
        Every value that a function returns is validated against these rules. One that breaks a rule \
        is answered 502 (`LambdaValidationError`), and the error names the place in the value, \
        the rule and its source. `brink run` reads strictly: it rejects also what a gateway at \
        run time ignores or cuts; those cases say so. KB is 1,024 bytes and MB is 1,024 KB.\n\n\
        Returned values are written whole, or as edits of the request or response that the \
        function was given: `uri = \"/b\"; without headers.accept`. `<40961 bytes>` stands for \
        text of that size. The events are those of `shared/testdata/events`, edited where a case \
        says so.\n\n\
        This page is written by `shared/tests/contract.rs` from the table that it tests.\n",
    );
    for (number, title) in SECTIONS {
        let _ = write!(out, "\n## {title}\n");
        for rule in Rule::ALL.iter().filter(|rule| rule.number().starts_with(number)) {
            write_rule(&mut out, *rule, cases);
        }
        if number == "4." {
            write_lists(&mut out);
        }
    }
    write_limits(&mut out);
    write_decisions(&mut out, cases);
    out
}

fn write_rule(out: &mut String, rule: Rule, cases: &[Case]) {
    let source = match rule.source() {
        "brink" => "a limit of Brink".to_owned(),
        rfc if rfc.starts_with("RFC") => rfc.to_owned(),
        page => format!("[{page}]({GUIDE}/{page}.html)"),
    };
    let _ =
        write!(out, "\n### {} {rule:?}\n\n{} Source: {source}.", rule.number(), rule.sentence());
    if !rule.also().is_empty() {
        let _ = write!(out, " Also {}.", rule.also().join(", "));
    }
    out.push_str("\n\n");
    if let Some(proof) = ELSEWHERE.iter().find(|proof| proof.rule == rule) {
        let _ = writeln!(out, "Tested by {}.", tests(proof.tests));
        return;
    }
    out.push_str("| Trigger | Event | Returned | Result |\n|---|---|---|---|\n");
    for case in cases.iter().filter(|case| case.rule == rule) {
        let when = match case.strictness {
            None => "",
            Some(Strictness::Strict) => " (strict)",
            Some(Strictness::Compatible) => " (run time)",
        };
        let result = match case.expected {
            Expected::Gives(outcome) if outcome == case.returned => format!("accepted{when}"),
            Expected::Gives("") => format!("accepted{when}, changes nothing"),
            Expected::Gives(outcome) => format!("accepted{when} as {}", code(outcome)),
            Expected::Rejected(text) => format!("rejected{when}: {}", code(text)),
        };
        let returned =
            if case.returned.is_empty() { "as given".into() } else { code(case.returned) };
        let event = if case.event.is_empty() { String::new() } else { code(case.event) };
        let _ = writeln!(out, "| {} | {event} | {returned} | {result} |", case.trigger);
    }
}

fn write_lists(out: &mut String) {
    out.push_str("\n### The lists of headers\n\n");
    let list = |names: &[&str], prefixes: &[&str]| {
        let names = names.iter().map(|name| format!("`{name}`"));
        let prefixes = prefixes.iter().map(|prefix| format!("`{prefix}*`"));
        names.chain(prefixes).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(out, "- Disallowed: {}.", list(&DISALLOWED, &DISALLOWED_PREFIXES));
    let _ = writeln!(
        out,
        "- Not among an origin's custom headers, besides those: {}.",
        list(&NOT_CUSTOM, &NOT_CUSTOM_PREFIXES)
    );
    for trigger in Trigger::ALL {
        let _ = writeln!(out, "- Read-only at {trigger}: {}.", list(read_only(trigger), &[]));
    }
}

fn write_limits(out: &mut String) {
    use limits::*;
    out.push_str("\n## Limits\n\n| Limit | Value |\n|---|---|\n");
    let rows = [
        ("Response at the viewer triggers, bytes of headers and body", VIEWER_RESPONSE_MAX),
        ("Response at the origin triggers, bytes of headers and body", ORIGIN_RESPONSE_MAX),
        ("Request body at viewer-request, bytes decoded", VIEWER_BODY_MAX),
        ("Request body at origin-request, bytes decoded", ORIGIN_BODY_MAX),
        ("`uri` and `querystring` together, characters, less than", URI_AND_QUERY_LIMIT),
        ("Header lines", HEADER_LINES_MAX),
        ("Name of a header, bytes", HEADER_NAME_MAX),
        ("`statusDescription`, bytes", STATUS_DESCRIPTION_MAX),
        ("Domain name of a custom origin, characters", CUSTOM_DOMAIN_MAX),
        ("Domain name of a bucket, characters", S3_DOMAIN_MAX),
        ("Part between dots of a domain name, characters", DOMAIN_LABEL_MAX),
        ("Path of a custom origin, characters", ORIGIN_PATH_MAX),
        ("`keepaliveTimeout`, seconds, at least", KEEPALIVE_TIMEOUT_MIN as usize),
        ("`readTimeout`, seconds, at least", READ_TIMEOUT_MIN as usize),
        ("`keepaliveTimeout` and `readTimeout`, seconds", ORIGIN_TIMEOUT_MAX as usize),
        ("A function's own text in an error, characters", QUOTED_MAX),
    ];
    for (limit, value) in rows {
        let _ = writeln!(out, "| {limit} | {value} |");
    }
}

fn write_decisions(out: &mut String, cases: &[Case]) {
    out.push_str(
        "\n## Decisions\n\nWhat the sources leave open, and what Brink does.\n\n\
        | # | Question | Decision | Why | Tested by |\n|---|---|---|---|---|\n",
    );
    for decision in decisions() {
        let mut rules: Vec<_> =
            cases.iter().filter(|case| case.decision == Some(decision.number)).collect();
        rules.sort_by_key(|case| case.rule);
        rules.dedup_by_key(|case| case.rule);
        let rules: Vec<_> =
            rules.iter().map(|case| format!("rule {}", case.rule.number())).collect();
        let mut proof = rules.join(", ");
        if !decision.tests.is_empty() {
            proof += if proof.is_empty() { "" } else { ", " };
            proof += &tests(decision.tests);
        }
        let decision_text = decision.decision.replace('|', "\\|");
        let (number, question, why) = (decision.number, decision.question, decision.why);
        let _ = writeln!(out, "| {number} | {question} | {decision_text} | {why} | {proof} |");
    }
}

fn tests(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Code within a table: pipes end cells, backticks end code.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
