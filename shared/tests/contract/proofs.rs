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
            "worker/boa/src/tests/values.rs::answers_are_written_as_json_stringify_would",
            "worker/boa/src/tests/values.rs::rubbish_is_rejected_with_the_reason",
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
        rule: Rule::Memory,
        tests: &[
            "worker/src/admin/publish.rs::every_problem_of_the_settings_is_found_at_once",
            "worker/tests/sandbox.rs::memory_that_would_fill_the_machine_is_not_given_out",
        ],
    },
    Proof {
        rule: Rule::Timeout,
        tests: &[
            "worker/src/pending.rs::a_trigger_bounds_the_timeout_of_its_function",
            "deploy/tests/cluster.rs::a_function_that_never_ends_costs_one_answer",
        ],
    },
    Proof {
        rule: Rule::CodeSize,
        tests: &["shared/src/registry/bundle.rs::rejects_more_than_a_bundle_holds"],
    },
    Proof {
        rule: Rule::ShownBody,
        tests: &[
            "gateway/tests/abilities::request_triggers_see_a_body_up_to_their_limit_and_the_origin_gets_all_of_it",
            "deploy/tests/cli_event.rs::a_body_is_cut_where_the_trigger_cuts_it",
        ],
    },
];
