//! The roles of a project, and their effect on its functions.

use std::collections::BTreeMap;

use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::role::{Role, Rules};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::document::{Document, Value};

/// Limits that are in a function's own table and not in its `limits`.
const TOP_LEVEL: [&str; 2] = ["timeout", "memory_mb"];

/// Roles by name.
pub struct Roles<'t>(BTreeMap<String, Defined<'t>>);

/// A role and its table.
struct Defined<'t> {
    role: Role,
    table: Value<'t>,
}

// === impl Roles ===

impl<'t> Roles<'t> {
    /// Reads `[roles]`.
    pub fn read(document: &mut Document<'t>) -> Self {
        let mut roles = BTreeMap::new();
        for (key, table) in document.table("roles") {
            let name = key.get_ref().parse();
            let name = name.map_err(|error| document.note(key.span(), format!("{error}"))).ok();
            let rules: Option<Rules> = document.read(&table);
            let (Some(name), Some(rules)) = (name, rules) else { continue };
            for problem in rules.limits.problems() {
                let path = format!("roles.{}.limits.{}", key.get_ref(), problem.path);
                document.note_at(&path, problem.message);
            }
            roles.insert(key.into_inner(), Defined { role: Role { name, rules }, table });
        }
        Self(roles)
    }

    /// The role of this name. The function's table gets the role's limits for those that it does
    /// not have.
    pub fn give(
        &self,
        document: &mut Document<'_>,
        (place, name): (Spanned<String>, String),
        function: &mut Value<'t>,
    ) -> Option<Role> {
        let Some(Defined { role, table }) = self.0.get(&name) else {
            // A role that cannot be read was noted already.
            if document.section("roles").is_none_or(|roles| roles.get_ref().get(&*name).is_none()) {
                let message = format!("role {name} is not defined; add [roles.{name}]");
                document.note(place.span(), message);
            }
            return None;
        };
        let limits = table.get_ref().get("limits");
        if let (DeValue::Table(function), Some(DeValue::Table(limits))) =
            (function.get_mut(), limits.map(Spanned::get_ref))
        {
            default_limits(function, limits);
        }
        Some(role.clone())
    }
}

/// Notes choices of a function beyond its role.
pub fn problems(document: &mut Document<'_>, function: &str, settings: &FunctionSettings) {
    for problem in
        settings.role.iter().flat_map(|role| role.problems(&settings.chosen(), &settings.egress))
    {
        document.note_at(&format!("functions.{function}.{}", problem.path), problem.message);
    }
}

fn default_limits<'t>(function: &mut DeTable<'t>, limits: &DeTable<'t>) {
    for (key, value) in limits {
        if TOP_LEVEL.contains(&key.get_ref().as_ref()) {
            add(function, key, value);
        } else {
            let empty = Spanned::new(value.span(), DeValue::Table(DeTable::new()));
            add(function, &Spanned::new(key.span(), DeString::Borrowed("limits")), &empty);
            let own = function.get_mut("limits").map(Spanned::get_mut);
            if let Some(DeValue::Table(own)) = own {
                add(own, key, value);
            }
        }
    }
}

fn add<'t>(table: &mut DeTable<'t>, key: &Spanned<DeString<'t>>, value: &Value<'t>) {
    if !table.contains_key(key.get_ref().as_ref()) {
        table.insert(key.clone(), value.clone());
    }
}
