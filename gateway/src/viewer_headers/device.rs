//! Which kind of device a `User-Agent` speaks of.
//!
//! One pass over the text looks for words that tell a kind. No parser of user agents is asked:
//! they name browsers, brands and models, and what makes a tablet or a TV of those would be a
//! table here all the same. The words are those that makers document, in any case:
//!
//! - **smart TV**: TV sets, TV boxes and sticks; such a device is neither mobile nor a tablet,
//!   even if it says `Mobile`.
//! - **tablet**: says so by name, or is an Android that does not say `Mobile`.
//! - **mobile**: phones, handhelds, and every tablet.
//! - **desktop**: everything else, also what is unknown, empty or no browser at all. An iPad
//!   that asks for desktop pages says that it is a Mac, and is believed.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes that are looked at. What browsers send is shorter by far.
const LOOKED_AT: usize = 1024;

/// What a device is. Several may be true.
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

/// What a word tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Android,
    IPhone,
    IPad,
    Mobile,
    Tablet,
    Tv,
    /// Claims to be every other phone.
    WindowsPhone,
    /// Hides a shorter word that would tell something wrong.
    Nothing,
}

/// At each place of the text the longest word counts.
const WORDS: [(&str, Sign); 63] = [
    ("android", Sign::Android),
    ("like android", Sign::Nothing),
    ("android tv", Sign::Tv),
    ("iphone", Sign::IPhone),
    ("like iphone", Sign::Nothing),
    ("ipod", Sign::IPhone),
    ("ipad", Sign::IPad),
    ("windows phone", Sign::WindowsPhone),
    // Phones, feature phones and handhelds.
    ("mobile", Sign::Mobile),
    ("opera mobi", Sign::Mobile),
    ("opera mini", Sign::Mobile),
    // Applications on Android, which mostly run on phones; they never say `Mobile`.
    ("dalvik/", Sign::Mobile),
    ("blackberry", Sign::Mobile),
    ("bb10", Sign::Mobile),
    ("symbian", Sign::Mobile),
    ("series60", Sign::Mobile),
    ("series40", Sign::Mobile),
    ("nokia", Sign::Mobile),
    ("windows ce", Sign::Mobile),
    ("webos/", Sign::Mobile),
    ("palmos", Sign::Mobile),
    ("kaios", Sign::Mobile),
    ("maemo", Sign::Mobile),
    ("midp", Sign::Mobile),
    ("up.browser", Sign::Mobile),
    ("ucweb", Sign::Mobile),
    ("docomo", Sign::Mobile),
    ("kddi-", Sign::Mobile),
    ("softbank", Sign::Mobile),
    ("nintendo 3ds", Sign::Mobile),
    ("playstation vita", Sign::Mobile),
    ("playstation portable", Sign::Mobile),
    // Tablets and e-readers.
    ("tablet", Sign::Tablet),
    // Windows on a desktop with an input method for pens.
    ("tablet pc", Sign::Nothing),
    ("kindle", Sign::Tablet),
    ("playbook", Sign::Tablet),
    ("hp-tablet", Sign::Tablet),
    ("hpwos/", Sign::Tablet),
    ("nook", Sign::Tablet),
    ("kobo", Sign::Tablet),
    ("xoom", Sign::Tablet),
    // TV sets, boxes and sticks.
    ("smart-tv", Sign::Tv),
    ("smarttv", Sign::Tv),
    ("smart tv", Sign::Tv),
    ("googletv", Sign::Tv),
    ("google tv", Sign::Tv),
    ("crkey", Sign::Tv),
    ("appletv", Sign::Tv),
    ("apple tv", Sign::Tv),
    ("tvos", Sign::Tv),
    ("hbbtv", Sign::Tv),
    ("inettvbrowser", Sign::Tv),
    ("netcast", Sign::Tv),
    ("web0s", Sign::Tv),
    ("webos.tv", Sign::Tv),
    ("bravia", Sign::Tv),
    ("viera", Sign::Tv),
    ("aquos", Sign::Nothing),
    ("aquosbrowser", Sign::Tv),
    ("vidaa", Sign::Tv),
    ("roku", Sign::Tv),
    // Models of Fire TV.
    ("; aft", Sign::Tv),
    ("mibox", Sign::Tv),
];

#[expect(clippy::expect_used, reason = "the words are constant, and a test has built them")]
static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(WORDS.map(|(word, _)| word))
        .expect("a few short words")
});

// === impl Device ===

impl Device {
    /// What a `User-Agent` tells; empty for none.
    pub fn of(user_agent: &str) -> Self {
        let text = user_agent.as_bytes();
        let mut found = Self::default();
        let (mut tablet, mut windows_phone) = (false, false);
        for word in SEARCH.find_iter(text.get(..LOOKED_AT).unwrap_or(text)) {
            let sign =
                WORDS.get(word.pattern().as_usize()).map_or(Sign::Nothing, |(_, sign)| *sign);
            match sign {
                Sign::Android => found.android = true,
                Sign::IPhone => (found.ios, found.mobile) = (true, true),
                Sign::IPad => (found.ios, tablet) = (true, true),
                Sign::Mobile => found.mobile = true,
                Sign::Tablet => tablet = true,
                Sign::Tv => found.smart_tv = true,
                Sign::WindowsPhone => windows_phone = true,
                Sign::Nothing => {}
            }
        }
        if windows_phone {
            return Self { mobile: true, ..Self::default() };
        }
        if found.smart_tv {
            return Self { smart_tv: true, android: found.android, ..Self::default() };
        }
        found.tablet = tablet || (found.android && !found.mobile);
        found.mobile |= found.tablet;
        found
    }

    /// True for what is nothing else.
    pub fn is_desktop(self) -> bool {
        !self.mobile && !self.smart_tv
    }
}

#[cfg(test)]
mod tests;
