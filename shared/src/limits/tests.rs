use super::*;
use crate::registry::function::FunctionSettings;

#[test]
fn the_table_agrees_with_the_defaults_of_the_settings() {
    let settings = FunctionSettings::default();
    for limit in ALL {
        assert_eq!((limit.chosen)(&settings.chosen()), limit.default, "{}", limit.key);
        assert!(limit.said.contains("{}"), "{}", limit.key);
        let default = limit.default.unwrap_or(limit.cap);
        assert!((limit.least..=limit.cap).contains(&default), "{}", limit.key);
        assert!(limit.soft(default).is_none_or(|soft| soft < default), "{}", limit.key);
    }
    assert!(problems(&settings.chosen()).is_empty());
}

#[test]
fn every_limit_is_in_the_settings_by_its_key() {
    let limits = Limits { cpu_time: Some(Duration::from_secs(1)), ..Limits::default() };
    let settings = FunctionSettings { limits, ..FunctionSettings::default() };
    let json = serde_json::to_value(&settings).unwrap();
    for limit in ALL {
        let pointer = format!("/{}", limit.key.replace('.', "/"));
        assert!(json.pointer(&pointer).is_some(), "{}", limit.key);
    }
    assert_eq!(serde_json::from_value::<FunctionSettings>(json).unwrap(), settings);
}

#[test]
fn a_value_over_the_cap_is_named_with_value_cap_and_unit() {
    let text = r#"{"memory_mb": 20000, "timeout": "31s", "limits": {
        "startup_time": "11s", "cpu_time": "40s", "response_size": "9MB", "log_size": "2MB",
        "log_rate": "17MB", "subrequests": 1001, "connections": 0, "subrequest_bytes": "1GB",
        "timers": 100001}}"#;
    let settings: FunctionSettings = serde_json::from_str(text).unwrap();
    let found: Vec<_> = problems(&settings.chosen())
        .into_iter()
        .map(|p| format!("{}: {}", p.path, p.message))
        .collect();
    assert_eq!(
        found,
        [
            "limits.startup_time: 11s is over the platform's cap of 10s",
            "timeout: 31s is over the platform's cap of 30s",
            "limits.cpu_time: 40s is over the platform's cap of 30s",
            "memory_mb: 20000 MB is over the platform's cap of 10240 MB",
            "limits.response_size: 9MB is over the platform's cap of 8MB",
            "limits.log_size: 2MB is over the platform's cap of 1MB",
            "limits.log_rate: 17MB/s is over the platform's cap of 16MB/s",
            "limits.subrequests: 1001 is over the platform's cap of 1000",
            "limits.connections: 0 is less than the minimum of 1",
            "limits.subrequest_bytes: 1GB is over the platform's cap of 512MB",
            "limits.timers: 100001 is over the platform's cap of 100000",
        ]
    );
}

#[test]
fn an_unknown_limit_is_rejected_with_the_known_ones() {
    let text = r#"{"limits": {"cpu_ms": 50}}"#;
    let error = serde_json::from_str::<FunctionSettings>(text).unwrap_err().to_string();
    assert!(error.contains("unknown field `cpu_ms`") && error.contains("`cpu_time`"), "{error}");
}

#[test]
fn an_exceeded_limit_says_how_much_and_what_to_raise() {
    let text = |exceeded: Exceeded| exceeded.to_string();
    assert_eq!(
        text(CPU_TIME.exceeded(511_200, 500_000)),
        "used 512ms of CPU, over its limit of 500ms; raise limits.cpu_time (at most 30s)"
    );
    assert_eq!(
        text(MEMORY.exceeded(10_300, 10_240)),
        "used 10300 MB of memory, over its limit of 10240 MB; memory_mb cannot be raised further"
    );
    assert_eq!(
        text(TIMEOUT.exceeded(500_001, 500_001)),
        "ran for more than 501ms, over its limit of 501ms; raise timeout (at most 30s)"
    );
}

#[test]
fn cpu_time_is_the_timeout_unless_it_is_less() {
    let second = Duration::from_secs(1);
    let with = |cpu_time| Limits { cpu_time, ..Limits::default() };
    assert_eq!(with(None).cpu_hard(4 * second), None);
    assert_eq!(with(None).cpu_soft(4 * second), 2 * second);
    assert_eq!(with(Some(second)).cpu_hard(4 * second), Some(second));
    assert_eq!(with(Some(second)).cpu_soft(4 * second), second / 2);
    assert_eq!(with(Some(9 * second)).cpu_hard(4 * second), None);
    assert_eq!(with(Some(9 * second)).cpu_soft(4 * second), 2 * second);
}
