//! Errors of the file system, in libuv's words.

use boa_engine::{Context, JsError, JsString, js_error, js_string};

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errno {
    NoEntry,
    BadFile,
    Busy,
    Exist,
    NotDir,
    IsDir,
    Invalid,
    TooManyOpen,
    NoSpace,
    ReadOnly,
    NameTooLong,
    NotEmpty,
    Access,
}

/// The operation: the system call, and the paths that its error names.
pub(super) struct Tried<'a> {
    pub(super) syscall: &'a str,
    pub(super) path: Option<&'a str>,
    pub(super) dest: Option<&'a str>,
}

// === impl Errno ===

impl Errno {
    /// Code, number and text.
    fn facts(self) -> (&'static str, i32, &'static str) {
        match self {
            Self::NoEntry => ("ENOENT", -2, "no such file or directory"),
            Self::BadFile => ("EBADF", -9, "bad file descriptor"),
            Self::Access => ("EACCES", -13, "permission denied"),
            Self::Busy => ("EBUSY", -16, "resource busy or locked"),
            Self::Exist => ("EEXIST", -17, "file already exists"),
            Self::NotDir => ("ENOTDIR", -20, "not a directory"),
            Self::IsDir => ("EISDIR", -21, "illegal operation on a directory"),
            Self::Invalid => ("EINVAL", -22, "invalid argument"),
            Self::TooManyOpen => ("EMFILE", -24, "too many open files"),
            Self::NoSpace => ("ENOSPC", -28, "no space left on device"),
            Self::ReadOnly => ("EROFS", -30, "read-only file system"),
            Self::NameTooLong => ("ENAMETOOLONG", -36, "name too long"),
            Self::NotEmpty => ("ENOTEMPTY", -39, "directory not empty"),
        }
    }

    /// The error in Node.js's form.
    pub(super) fn thrown(self, tried: &Tried<'_>, context: &mut Context) -> JsError {
        let (code, errno, text) = self.facts();
        let mut message = format!("{code}: {text}, {}", tried.syscall);
        if let Some(path) = tried.path {
            message += &format!(" '{path}'");
        }
        if let Some(dest) = tried.dest {
            message += &format!(" -> '{dest}'");
        }
        let thrown = js_error!(Error: "{}", message);
        let Ok(value) = thrown.into_opaque(context) else {
            return js_error!(Error: "{}", message);
        };
        let Some(object) = value.as_object() else {
            return JsError::from_opaque(value);
        };
        // A fresh error object takes any property.
        let _ = object.set(js_string!("errno"), errno, false, context);
        let texts = [
            ("code", Some(code)),
            ("syscall", Some(tried.syscall)),
            ("path", tried.path),
            ("dest", tried.dest),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                let _ = object.set(JsString::from(name), JsString::from(text), false, context);
            }
        }
        JsError::from_opaque(value)
    }
}
