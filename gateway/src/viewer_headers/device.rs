//! Tells the kind of device from a `User-Agent`.
//!
//! The text is matched with rules. Public collections of rules name browsers, brands and models.
//! `CloudFront-Is-*` needs only the kind of device, so the rules are our own, made of words that
//! makers document. In each list the first rule that matches counts:
//!
//! - **smart TV**: TV sets, TV boxes and sticks. Such a device is neither mobile nor a tablet, even if
//!   it says `Mobile`.
//! - **tablet**: says so by name, or is an Android that does not say `Mobile`.
//! - **mobile**: phones, handhelds, and every tablet.
//! - **desktop**: everything else, also unknown and empty texts and other programs than browsers. An
//!   iPad that asks for desktop pages says that it is a Mac, and counts as one.

use std::sync::LazyLock;

use regex::{RegexSet, RegexSetBuilder};

/// Most bytes that are read. Browsers send far fewer.
const LOOKED_AT: usize = 1024;

/// The kinds of a device. Several may be true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Runs Android, TVs with Android included.
    pub android: bool,
    /// iPhone, iPod or iPad.
    pub ios: bool,
    /// Phone, handheld or tablet.
    pub mobile: bool,
    /// Tablet or e-reader.
    pub tablet: bool,
    /// TV set, box or stick.
    pub smart_tv: bool,
}

/// Rules for systems, and their names here.
const SYSTEMS: [(&str, &str); 4] = [
    // It claims to be many other phones.
    ("windows phone", "Windows Phone"),
    ("like (?:android|iphone)", "other"),
    ("iphone|ipod|ipad", IOS),
    ("android", ANDROID),
];

/// Rules for kinds of devices, and their names here.
const KINDS: [(&str, &str); 6] = [
    ("windows phone", PHONE),
    (
        "smart[ -]?tv|google ?tv|android tv|apple ?tv|tvos|crkey|hbbtv|inettvbrowser|netcast|web0s|\
         webos\\.tv|bravia|viera|aquosbrowser|vidaa|roku|; aft|mibox",
        TV,
    ),
    // `Tablet PC` is a desktop with an input method for pens.
    ("tablet(?:[^ ]|$| [^p]| p[^c])|ipad|kindle|playbook|hpwos/|nook|kobo|xoom", TABLET),
    // Applications on Android (`Dalvik`) mostly run on phones, and never say `Mobile`.
    (
        "mobile|opera mobi|opera mini|dalvik/|iphone|ipod|blackberry|bb10|symbian|series[46]0|nokia|\
         windows ce|webos/|palmos|kaios|maemo|midp|up\\.browser|ucweb|docomo|kddi-|softbank|\
         nintendo 3ds|playstation (?:vita|portable)",
        PHONE,
    ),
    ("like android", "other"),
    ("android", TABLET),
];

const IOS: &str = "iOS";
const ANDROID: &str = "Android";
const PHONE: &str = "phone";
const TABLET: &str = "tablet";
const TV: &str = "TV";

/// One list of rules, compiled.
struct Rules<const N: usize> {
    expressions: RegexSet,
    names: [&'static str; N],
}

/// Both lists, compiled.
struct Lists {
    systems: Rules<{ SYSTEMS.len() }>,
    kinds: Rules<{ KINDS.len() }>,
}

#[expect(clippy::expect_used, reason = "the rules are constant, and a test has compiled them")]
static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::compile().expect("a few short rules"));

// === impl Lists ===

impl Lists {
    fn compile() -> Result<Self, regex::Error> {
        Ok(Self { systems: Rules::compile(SYSTEMS)?, kinds: Rules::compile(KINDS)? })
    }
}

// === impl Rules ===

impl<const N: usize> Rules<N> {
    fn compile(rules: [(&'static str, &'static str); N]) -> Result<Self, regex::Error> {
        let expressions = rules.map(|(expression, _)| expression);
        let expressions = RegexSetBuilder::new(expressions).case_insensitive(true).build()?;
        Ok(Self { expressions, names: rules.map(|(_, name)| name) })
    }

    /// The name of the first rule that matches.
    fn first(&self, text: &str) -> Option<&'static str> {
        let first = self.expressions.matches(text).iter().next()?;
        self.names.get(first).copied()
    }
}

// === impl Device ===

impl Device {
    /// The kinds that a `User-Agent` tells; empty for none.
    pub fn of(user_agent: &str) -> Self {
        let end = user_agent.floor_char_boundary(LOOKED_AT);
        let text = user_agent.get(..end).unwrap_or(user_agent);
        let system = LISTS.systems.first(text);
        let kind = LISTS.kinds.first(text).unwrap_or_default();
        let smart_tv = kind == TV;
        Self {
            android: system == Some(ANDROID),
            ios: system == Some(IOS) && !smart_tv,
            mobile: matches!(kind, PHONE | TABLET),
            tablet: kind == TABLET,
            smart_tv,
        }
    }

    /// True for a device of no other kind.
    pub fn is_desktop(self) -> bool {
        !self.mobile && !self.smart_tv
    }
}

#[cfg(test)]
mod tests;
