//! Why a computation failed, in the words and codes of Node.js and its OpenSSL.

use boa_engine::{Context, JsError, JsNativeError, JsString, JsValue};

/// A failure as JavaScript sees it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// An `Error` of Node.js; some have no code.
    #[error("{1}")]
    Plain(Option<&'static str>, String),
    /// A `TypeError` with its code: the caller's argument is wrong.
    #[error("{1}")]
    Type(&'static str, String),
    /// A `RangeError` with its code: a length or a cost is out of bounds.
    #[error("{1}")]
    Range(&'static str, String),
    /// An error of OpenSSL: number, library, reason, and the code that Node.js makes from it.
    #[error("error:{0}:{1}::{2}")]
    OpenSsl(&'static str, &'static str, &'static str, &'static str),
}

/// The text or the bytes are not a key in any known form.
pub(super) const UNSUPPORTED: Failure =
    Failure::OpenSsl("1E08010C", "DECODER routines", "unsupported", "ERR_OSSL_UNSUPPORTED");

/// The bytes are not the DER that the caller says they are.
pub(super) const BAD_DER: Failure =
    Failure::OpenSsl("0680009B", "asn1 encoding routines", "too long", "ERR_OSSL_ASN1_TOO_LONG");

/// The operation does not exist for this kind of key.
pub(super) const KEY_TYPE: Failure = Failure::OpenSsl(
    "03000096",
    "digital envelope routines",
    "operation not supported for this keytype",
    "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE",
);

// === impl Failure ===

impl Failure {
    /// The operating system gave no randomness, or a crate rejected values that were checked
    /// before.
    pub(super) fn internal(what: impl std::fmt::Display) -> Self {
        Self::Plain(Some("ERR_CRYPTO_OPERATION_FAILED"), format!("{what}"))
    }

    /// A digest is not known.
    pub(super) fn digest(name: &str) -> Self {
        Self::Type("ERR_CRYPTO_INVALID_DIGEST", format!("Invalid digest: {name}"))
    }

    /// The exception to throw.
    pub(super) fn thrown(self, context: &mut Context) -> JsError {
        let message = self.to_string();
        let (base, code) = match &self {
            Self::Plain(code, _) => (JsNativeError::error(), *code),
            Self::Type(code, _) => (JsNativeError::typ(), Some(*code)),
            Self::Range(code, _) => (JsNativeError::range(), Some(*code)),
            Self::OpenSsl(_, _, _, code) => (JsNativeError::error(), Some(*code)),
        };
        let error = base.with_message(message).into_opaque(context);
        let mut properties = Vec::new();
        if let Self::OpenSsl(_, library, reason, _) = &self {
            properties.extend([("library", *library), ("reason", *reason)]);
        }
        properties.extend(code.map(|code| ("code", code)));
        for (name, value) in properties {
            let value = JsValue::from(JsString::from(value));
            // A fresh error takes any property.
            let _ = error.create_data_property(JsString::from(name), value, context);
        }
        JsError::from_opaque(error.into())
    }
}
