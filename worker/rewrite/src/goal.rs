//! The kinds of texts that are rewritten.

/// The kind of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The body of a function: a CommonJS file, or a module of the platform.
    CommonJs,
    /// A file with imports and exports.
    EsModule,
    /// A program of its own: the text of an indirect `eval`, or a script of `vm`.
    Script,
    /// The text of a direct `eval`.
    DirectEval(EvalSite),
    /// A program that is one function expression in parentheses, as `Function` composes it.
    Function,
}

/// The place of a direct `eval`. It decides which words the evaluated text may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvalSite {
    /// In strict code.
    pub is_strict: bool,
    /// Within a function that is no arrow function: `new.target` is allowed.
    pub in_function: bool,
    /// Within a method or field: `super.name` is allowed.
    pub in_method: bool,
    /// Within the constructor of a class that extends another: `super()` is allowed.
    pub in_derived: bool,
    /// Within a field's initializer or a static block: `arguments` is not allowed.
    pub in_field: bool,
}

// === impl EvalSite ===

impl EvalSite {
    /// As the first argument of `ℬ.code`.
    #[must_use]
    pub fn flags(self) -> u8 {
        u8::from(self.is_strict)
            | u8::from(self.in_function) << 1
            | u8::from(self.in_method) << 2
            | u8::from(self.in_derived) << 3
            | u8::from(self.in_field) << 4
    }

    /// The site that these flags stand for.
    #[must_use]
    pub fn of_flags(flags: u8) -> Self {
        let has = |bit: u8| flags & (1 << bit) != 0;
        Self {
            is_strict: has(0),
            in_function: has(1),
            in_method: has(2),
            in_derived: has(3),
            in_field: has(4),
        }
    }
}
