//! Rules that no returned value alone can break, and the tests that prove them.

use brink_shared::contract::Rule;

/// Tests are written as file or folder, `::`, function; paths begin at the workspace.
pub struct Proof {
    pub rule: Rule,
    pub tests: &'static [&'static str],
}

pub const ELSEWHERE: &[Proof] = &[
    Proof {
        rule: Rule::Json,
        tests: &[
            "worker/src/boa/tests/values.rs::answers_are_written_as_json_stringify_would",
            "worker/src/boa/tests/values.rs::rubbish_is_refused_with_the_reason",
        ],
    },
    Proof {
        rule: Rule::ExecutionError,
        tests: &[
            "gateway/tests/gateway.rs::failing_functions_are_answered_by_kind_or_passed_over",
            "worker/tests/invoking.rs::a_thrown_error_has_its_place_and_is_in_the_log",
        ],
    },
    Proof {
        rule: Rule::LimitExceeded,
        tests: &[
            "gateway/tests/gateway.rs::failing_functions_are_answered_by_kind_or_passed_over",
            "deploy/tests/cluster.rs::a_function_that_never_ends_costs_one_answer",
        ],
    },
    Proof {
        rule: Rule::ShownBody,
        tests: &["deploy/tests/cli_event.rs::a_body_is_cut_where_the_trigger_cuts_it"],
    },
];
