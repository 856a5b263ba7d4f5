//! Dialects.

pub(crate) mod json_value;
