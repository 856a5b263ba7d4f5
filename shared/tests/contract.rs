//! The contract as a table: every rule with values that it accepts and rejects, and the decisions
//! on what the sources leave open. `docs/contract.md` is written from the same table;
//! `UPDATE_GOLDEN=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "contract/case.rs"]
mod case;
#[path = "contract/decisions.rs"]
mod decisions;
#[path = "contract/headers.rs"]
mod headers;
#[path = "contract/origin.rs"]
mod origin;
#[path = "contract/proofs.rs"]
mod proofs;
#[path = "contract/reference.rs"]
mod reference;
#[path = "contract/request.rs"]
mod request;
#[path = "contract/response.rs"]
mod response;

use std::collections::BTreeSet;
use std::path::Path;

use brink_shared::contract::Rule;

use case::Case;

fn cases() -> Vec<Case> {
    [request::cases(), headers::cases(), origin::cases(), response::cases()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_case_is_as_the_table_says() {
    let mistakes: Vec<String> = cases().iter().flat_map(Case::mistakes).collect();
    assert!(mistakes.is_empty(), "{} mistakes\n{}", mistakes.len(), mistakes.join("\n"));
}

#[test]
fn every_rule_has_an_accepted_and_a_rejected_value() {
    let cases = cases();
    for rule in Rule::ALL {
        let elsewhere = proofs::ELSEWHERE.iter().find(|proof| proof.rule == *rule);
        let has = |accepted| {
            let is_one = |case: &Case| case.rule == *rule && case.is_accepted() == accepted;
            cases.iter().any(is_one) || elsewhere.is_some()
        };
        assert!(has(true), "{rule:?} has no accepted value");
        assert!(has(false), "{rule:?} has no rejected value");
    }
}

#[test]
fn rules_are_numbered_once_and_leave_no_number_out() {
    let numbers: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.number()).collect();
    assert_eq!(numbers.len(), Rule::ALL.len());
    let of =
        |rule: &'static Rule| std::iter::once(rule.number()).chain(rule.also().iter().copied());
    let stated: BTreeSet<_> = Rule::ALL.iter().flat_map(of).collect();
    // How many rows or bullets each section of the contract has.
    let sections = [
        ("2.2", 7),
        ("2.3", 4),
        ("2.4", 4),
        ("2.5", 11),
        ("2.6", 4),
        ("3.2", 4),
        ("3.3", 5),
        ("3.4", 8),
        ("3.5", 14),
        ("3.6", 2),
        ("4.1", 1),
        ("4.2", 1),
        ("4.3", 1),
        ("4.6", 1),
        ("5.1", 4),
        ("5.2", 4),
    ];
    for (section, count) in sections {
        for row in 1..=count {
            let number = format!("{section}.{row}");
            assert!(stated.contains(number.as_str()), "no rule is {number}");
        }
    }
}

#[test]
fn every_decision_is_proved() {
    let cases = cases();
    let proved: BTreeSet<_> = cases.iter().filter_map(|case| case.decision).collect();
    let numbers: Vec<_> = decisions::decisions().map(|decision| decision.number).collect();
    assert_eq!(numbers, (1..=110).collect::<Vec<_>>());
    for decision in decisions::decisions() {
        let number = decision.number;
        let by_table = proved.contains(&number);
        assert!(by_table || !decision.tests.is_empty(), "nothing proves decision {number}");
    }
    assert!(proved.iter().all(|number| numbers.contains(number)));
}

#[test]
fn every_test_that_is_named_exists() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let decided = decisions::decisions().flat_map(|decision| decision.tests);
    let named: BTreeSet<_> =
        decided.chain(proofs::ELSEWHERE.iter().flat_map(|proof| proof.tests)).collect();
    let is_there = |name: &str| {
        let (path, function) = name.rsplit_once("::").unwrap();
        // A name that ends in an underscore is the beginning of one.
        let end = if function.ends_with('_') { "" } else { "(" };
        sources(&workspace.join(path)).contains(&format!("fn {function}{end}"))
    };
    let missing: Vec<_> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The text of a file, or of all files in a folder.
fn sources(path: &Path) -> String {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        return entries.map(|entry| sources(&entry.unwrap().path())).collect();
    }
    let is_code = path.extension().is_some_and(|extension| extension == "rs");
    if is_code { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}

#[test]
fn the_reference_is_written_from_this_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/contract.md");
    let text = reference::write(&cases());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap();
    assert!(text == stored, "{} is stale; UPDATE_GOLDEN=1 writes it anew", file.display());
}
