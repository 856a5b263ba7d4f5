//! Rules for system calls: a call is allowed with any arguments, or with those that a rule names.

use std::collections::BTreeMap;

use seccompiler::{BackendError, BpfProgram, SeccompAction};
use seccompiler::{
    SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// The calls that a process may make.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(BTreeMap<i64, Vec<SeccompRule>>);

/// A condition for an argument of a call; arguments count from 0.
pub(super) type Condition = Result<SeccompCondition, BackendError>;

// === impl Rules ===

impl Rules {
    /// Calls that are allowed with any arguments.
    pub(super) fn allowing(calls: &[i64]) -> Self {
        Self(calls.iter().map(|call| (*call, Vec::new())).collect())
    }

    /// Allows calls with any arguments.
    pub(super) fn allow(&mut self, calls: &[i64]) {
        self.0.extend(calls.iter().map(|call| (*call, Vec::new())));
    }

    /// Allows calls with some arguments. If a call has more than one rule, one of them is enough.
    pub(super) fn add(&mut self, rules: impl IntoIterator<Item = (i64, SeccompRule)>) {
        for (call, rule) in rules {
            self.0.entry(call).or_default().push(rule);
        }
    }

    /// A program that does one thing for the calls of these rules, and another for all others.
    pub(super) fn program(
        self,
        matching: SeccompAction,
        other: SeccompAction,
        architecture: TargetArch,
    ) -> Result<BpfProgram, BackendError> {
        SeccompFilter::new(self.0, other, matching, architecture)?.try_into()
    }
}

/// A rule that holds if all its conditions hold.
pub(super) fn all<const N: usize>(
    conditions: [SeccompCondition; N],
) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.to_vec())
}

pub(super) fn is(argument: u8, value: u32) -> Condition {
    compare(argument, SeccompCmpOp::Eq, value)
}

pub(super) fn is_not(argument: u8, value: u32) -> Condition {
    compare(argument, SeccompCmpOp::Ne, value)
}

pub(super) fn no_pointer(argument: u8) -> Condition {
    is_pointer(argument, 0)
}

pub(super) fn is_pointer(argument: u8, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
}

pub(super) fn with(argument: u8, bits: libc::c_int) -> Condition {
    masked(argument, bits.unsigned_abs(), bits.unsigned_abs())
}

pub(super) fn without(argument: u8, bits: libc::c_int) -> Condition {
    masked(argument, bits.unsigned_abs(), 0)
}

/// Of the bits in `mask`, exactly those of `value` are set.
pub(super) fn masked(argument: u8, mask: u32, value: u32) -> Condition {
    compare(argument, SeccompCmpOp::MaskedEq(mask.into()), value)
}

fn compare(argument: u8, operator: SeccompCmpOp, value: u32) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value.into())
}
