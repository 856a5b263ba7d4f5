use super::*;

/// What is expected, in short: `a` Android, `i` iOS, `m` mobile, `t` tablet, `v` smart TV,
/// `d` desktop.
const TABLE: [(&str, &str); 44] = [
    // Phones.
    (
        "im",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ),
    (
        "im",
        "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
    ),
    (
        "im",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    ),
    (
        "am",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    ),
    (
        "am",
        "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    ),
    ("am", "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"),
    ("am", "Dalvik/2.1.0 (Linux; U; Android 13; SM-S901B Build/TP1A.220624.014)"),
    (
        "am",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; en) Presto/2.12.423 Version/12.16",
    ),
    (
        "am",
        "Mozilla/5.0 (Linux; Android 12; SH-M24 AQUOS) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    ),
    (
        "m",
        "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
    ),
    (
        "m",
        "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537",
    ),
    (
        "m",
        "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
    ),
    ("m", "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"),
    ("m", "Nokia6300/2.0 (05.00) Profile/MIDP-2.0 Configuration/CLDC-1.1"),
    ("m", "DoCoMo/2.0 N905i(c100;TB;W24H16)"),
    ("m", "Mozilla/5.0 (Nintendo 3DS; U; ; en) Version/1.7552.EU"),
    // Tablets.
    (
        "imt",
        "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    ),
    (
        "amt",
        "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ),
    ("amt", "Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0"),
    (
        "amt",
        "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/100.2.1 like Chrome/100.0.4896.79 Safari/537.36",
    ),
    (
        "mt",
        "Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+",
    ),
    (
        "mt",
        "Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ (KHTML, like Gecko) Version/7.2.1.0 Safari/536.2+",
    ),
    // TVs.
    (
        "v",
        "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36",
    ),
    (
        "v",
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
    ),
    (
        "av",
        "Mozilla/5.0 (Linux; Android 9; AFTKA Build/PS7642) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/95.0.4638.50 Mobile Safari/537.36",
    ),
    (
        "av",
        "Mozilla/5.0 (Linux; Android 10; BRAVIA 4K UR2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36",
    ),
    (
        "av",
        "Mozilla/5.0 (Linux; Android 12.0; Build/STTL.240508.005) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 CrKey/1.56.500000 DeviceType/AndroidTV",
    ),
    ("v", "AppleTV11,1/11.1"),
    ("v", "AppleCoreMedia/1.0.0.12B466 (Apple TV; U; CPU OS 8_1_3 like Mac OS X; en_us)"),
    ("v", "Roku/DVP-9.10 (519.10E04111A)"),
    (
        "v",
        "HbbTV/1.5.1 (+DRM;LGE;43UM7000PLA;WEBOS4.5 04.70.25;W4_5;DTV;) Mozilla/5.0 (Web0S; Linux/SmartTV)",
    ),
    // Desktops.
    (
        "d",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ),
    (
        "d",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    ),
    ("d", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
    (
        "d",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ),
    ("d", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)"),
    (
        "d",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.212 Safari/537.36 Edge/44.18363.8131",
    ),
    // Bots and tools.
    ("d", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (
        "am",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.182 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    ("d", "curl/8.5.0"),
    ("d", "Amazon CloudFront"),
    ("d", ""),
    ("d", "\u{0}\u{fffd}((((;;;;"),
    ("im", "iPHONE"),
];

fn short(device: Device) -> String {
    let signs = [
        (device.android, 'a'),
        (device.ios, 'i'),
        (device.mobile, 'm'),
        (device.tablet, 't'),
        (device.smart_tv, 'v'),
        (device.is_desktop(), 'd'),
    ];
    signs.into_iter().filter_map(|(is, sign)| is.then_some(sign)).collect()
}

#[test]
fn real_user_agents_are_told_apart() {
    for (expected, user_agent) in TABLE {
        assert_eq!(short(Device::of(user_agent)), expected, "{user_agent}");
    }
}

#[test]
fn only_the_beginning_of_a_long_text_is_read() {
    let hostile = "Mozilla/5.0 (".repeat(8_000) + "iPhone";
    assert!(hostile.len() > 100_000);
    assert_eq!(short(Device::of(&hostile)), "d");
    let cut = "é".repeat(LOOKED_AT);
    assert_eq!(short(Device::of(&format!("iPhone{cut}"))), "im");
}

#[test]
fn the_rules_compile() {
    assert!(Lists::compile().is_ok());
}
