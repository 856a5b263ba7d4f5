use std::time::Duration;

use super::*;

const SOUND: &str = r#"
[functions.ab-test]
source = "ab.js"
timeout = "3s"
memory_mb = 256
env = { MODE = "b" }

[distribution]
id = "shop"
aliases = ["shop.example.com"]
default_root_object = "index.html"

[origins.web]
url = "https://web.internal:8443/base"
[origins.site]
folder = "site"
read_timeout = "7s"

[origin_groups.both]
primary = "web"
secondary = "site"

[[behaviors]]
path = "/images/*"
origin = "both"
cache = { min_ttl = "1s", query_strings = ["w"] }
[behaviors.functions]
viewer-request = "ab-test"
origin-request = { function = "auth:2", include_body = true, on_error = "continue" }

[[behaviors]]
path = "*"
origin = "site"

[[error_pages]]
status = 404
path = "/404.html"
"#;

fn folder(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("brink.toml"), text).unwrap();
    std::fs::write(dir.path().join("ab.js"), "exports.handler = () => {};").unwrap();
    std::fs::create_dir(dir.path().join("site")).unwrap();
    dir
}

fn faults(text: &str) -> Vec<String> {
    let dir = folder(text);
    let error = Project::load(dir.path()).unwrap_err();
    error.faults.iter().map(Fault::to_string).collect()
}

#[test]
fn a_project_is_functions_folders_and_a_distribution() {
    let dir = folder(SOUND);
    let project = Project::load(dir.path()).unwrap();
    let function = &project.functions[&"ab-test".parse().unwrap()];
    assert_eq!(function.source, dir.path().join("ab.js"));
    assert_eq!(function.settings.handler, "ab.handler");
    assert_eq!(function.settings.timeout, Duration::from_secs(3));
    assert_eq!(project.folders["site"], dir.path().join("site"));
    assert_eq!(project.distribution.id.as_str(), "shop");
    assert_eq!(project.distribution.origins["site"].read_timeout, Duration::from_secs(7));
    assert_eq!(project.distribution.behaviors.len(), 2);
    assert_eq!(project.sources().count(), 2);
}

#[test]
fn a_distribution_says_which_logs_it_has() {
    let with = |logging: &str| SOUND.replace("[origins.web]", &format!("{logging}\n[origins.web]"));
    let real_time = "[distribution.logging]\ninclude_cookies = true\n\
        [distribution.logging.real_time]\nsampling_rate = 10\nfields = [\"timestamp\", \"c-ip\"]\n";
    let dir = folder(&with(real_time));
    let logging = Project::load(dir.path()).unwrap().distribution.logging.unwrap();
    let chosen = logging.real_time.unwrap();
    assert!(logging.standard && logging.include_cookies);
    assert_eq!((chosen.sampling_rate, chosen.fields.len()), (10, 2));
    let found = faults(&with(&real_time.replace("\"c-ip\"", "\"ip\"")));
    let expected = "17:24: distribution.logging.real_time.fields[1]: \"ip\" is not a field of";
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    let found = faults(&with("[distribution.logging]\nstandrd = true\n"));
    assert!(found[0].contains("distribution.logging.standrd: unknown field"), "{found:?}");
}

#[test]
fn every_mistake_is_named_with_its_place() {
    for (wrong, right, place, what) in [
        ("source = \"ab.js\"", "source = \"no.js\"", "3:1: functions.ab-test.source", "not exist"),
        ("source = \"ab.js\"", "sauce = \"ab.js\"", "3:1: functions.ab-test.sauce", "unknown"),
        ("source = \"ab.js\"", "source = 1", "3:10: functions.ab-test.source", "path in quotes"),
        ("\"3s\"", "\"3 potatoes\"", "4:11: functions.ab-test.timeout", "write for example"),
        ("\"3s\"", "3", "4:11: functions.ab-test.timeout", "3 has no unit; write \"3s\""),
        (
            "min_ttl = \"1s\"",
            "default_ttl = 60",
            "26:25: behaviors[0].cache.default_ttl",
            "60 has no unit; write \"60s\"",
        ),
        ("= 256", "= '1 GB'", "5:13: functions.ab-test.memory_mb", "whole number without quotes"),
        (
            "= 256",
            "= 0",
            "5:1: functions.ab-test.memory_mb",
            "0 MB is less than the minimum of 128 MB",
        ),
        ("id = \"shop\"", "", "8:1: distribution", "missing field `id`"),
        ("[distribution]", "[distributon]", "8:2: distributon", "unknown section"),
        ("folder = \"site\"", "folder = \"st\"", "16:1: origins.site.folder", "not a folder"),
        ("read_timeout", "url = 'http://h'\nread_timeout", "16:1: origins.site", "not both"),
        ("https://web", "ftp://web", "14:7: origins.web.url", "neither http nor https"),
        ("url = \"https://web.internal:8443/base\"", "", "13:1: origins.web", "for a bucket `s3`"),
        ("url = ", "s3 = 'b'\nurl = ", "13:1: origins.web", "one of `url`, `s3` and `folder`"),
        (
            "url = \"https://web",
            "s3 = \"https://web",
            "14:1: origins.web.s3",
            "DNS name of a bucket",
        ),
        (
            "folder = ",
            "origin_access_identity = 'E'\nfolder = ",
            "15:1: origins.site",
            "signing_behavior",
        ),
        ("min_ttl", "min_tl", "26:11: behaviors[0].cache.min_tl", "unknown field `min_tl`"),
        ("viewer-request", "viewer", "28:1: behaviors[0].functions.viewer", "unknown variant"),
        ("= \"ab-test\"", "= \"cd\"", "28:1: behaviors[0].functions.viewer-request", "not defined"),
        ("\"auth:2\"", "\"auth:x\"", "29:31: behaviors[0].functions", "NAME:NUMBER"),
        ("status = 404", "status = '404'", "36:10: error_pages[0].status", "a whole number"),
        ("path = \"*\"", "path = \"/a\"", "23:3: behaviors", "last"),
        ("origin = \"both\"", "origin = \"bath\"", "25:1: behaviors[0].origin", "bath"),
        (
            "[origins.web]",
            "[dev.geo]\ndatabase = 'no.mmdb'\n[origins.web]",
            "14:1: dev.geo.database",
            "is not a file",
        ),
        ("[origins.web]", "[dev]\ngeo.data = 'a'\n[origins.web]", "14:", "unknown field `data`"),
        (
            "[\"w\"]",
            "['w'], headers = ['CloudFront-Viewer-ASN']",
            "26:50: behaviors[0].cache",
            "forward.headers",
        ),
        ("\"shop.ex", "\"Shop.ex", "10:12: distribution.aliases[0]", "lower case"),
        (
            "timeout = \"3s\"",
            "runtime = 'node'",
            "4:11: functions.ab-test.runtime",
            "there is no runtime \"node\"; did you mean \"nodejs\"?",
        ),
        (
            "[functions",
            "runtime = 'python3'\n[functions",
            "2:11: runtime",
            "did you mean \"python\"?",
        ),
    ] {
        assert!(SOUND.contains(wrong), "{wrong}");
        let found = faults(&SOUND.replacen(wrong, right, 1));
        let named = found.iter().any(|fault| fault.starts_with(place) && fault.contains(what));
        assert!(named, "{right:?} gave {found:#?}");
    }
}

#[test]
fn a_project_may_have_a_default_runtime() {
    let more = "\n[functions.embedded]\nsource = 'ab.js'\nruntime = 'boa'\n\
                [functions.snake]\nsource = 'snake.py'\n[functions.old]\nsource = 'snake.py'\n\
                runtime = 'python3.9'\nhandler = 'snake.main'\n";
    let dir = folder(&format!("runtime = 'nodejs22.x'\n{SOUND}{more}"));
    std::fs::write(dir.path().join("snake.py"), "def lambda_handler(event, context): pass\n")
        .unwrap();
    let project = Project::load(dir.path()).unwrap();
    let chosen = |name: &str| {
        let settings = &project.functions[&name.parse().unwrap()].settings;
        (settings.runtime.to_string(), settings.handler.clone())
    };
    for (name, runtime, handler) in [
        ("ab-test", "nodejs22.x", "ab.handler"),
        ("embedded", "boa", "ab.handler"),
        ("snake", "python", "snake.lambda_handler"),
        ("old", "python3.9", "snake.main"),
    ] {
        assert_eq!(chosen(name), (runtime.to_owned(), handler.to_owned()));
    }
}

const ROLE: &str = r#"
[roles.edge]
hosts = ["api.example.com", "*.internal:8443"]
log_level = "warn"
limits = { timeout = "2s", memory_mb = 256, cpu_time = "100ms", subrequests = 3 }
"#;

#[test]
fn a_function_has_the_limits_of_its_role_unless_it_chooses_less() {
    let text = SOUND.replace(
        "timeout = \"3s\"",
        "role = 'edge'\nsecrets = ['API_KEY']\nlimits.cpu_time = '50ms'",
    );
    let dir = folder(&(text + ROLE));
    let project = Project::load(dir.path()).unwrap();
    let settings = &project.functions[&"ab-test".parse().unwrap()].settings;
    assert_eq!(settings.timeout, Duration::from_secs(2));
    assert_eq!(settings.limits.subrequests, 3);
    assert_eq!(settings.limits.cpu_time, Some(Duration::from_millis(50)));
    let role = settings.role.as_ref().unwrap();
    assert_eq!((role.name.as_str(), role.rules.hosts.as_ref().unwrap().len()), ("edge", 2));
    let secrets: Vec<_> = settings.secrets.iter().map(|name| name.as_str()).collect();
    assert_eq!(secrets, ["API_KEY"]);
}

#[test]
fn every_mistake_about_roles_is_named_with_its_place() {
    let text = SOUND.replace("timeout = \"3s\"", "role = 'edge'") + ROLE;
    for (wrong, right, place, what) in [
        ("role = 'edge'", "role = 'egde'", ": functions.ab-test.role", "add [roles.egde]"),
        ("role = 'edge'", "role = 1", ": functions.ab-test.role", "a role's name in quotes"),
        (
            "role = 'edge'",
            "role = 'edge'\ntimeout = '3s'",
            ": functions.ab-test.timeout",
            "3s is over the 2s of its role (roles.edge.limits.timeout)",
        ),
        (
            "role = 'edge'",
            "role = 'edge'\negress = ['db.internal']",
            ": functions.ab-test.egress[0]",
            "roles.edge.hosts",
        ),
        ("role = 'edge'", "secrets = ['A B']", ": functions.ab-test.secrets", "letters"),
        ("env = { MODE", "env = { N = 7654, MODE", ": functions.ab-test.env", "in quotes"),
        ("*.internal", "*internal", ": roles.edge.hosts", "is not a host"),
        ("\"warn\"", "\"low\"", ": roles.edge.log_level", "unknown variant `low`"),
        ("timeout = \"2s\"", "timeout = \"31s\"", ": roles.edge.limits.timeout", "cap of 30s"),
        ("subrequests", "subrequest", "", "unknown limit `subrequest`"),
        ("log_level", "loglevel", ": roles.edge.loglevel", "unknown field"),
    ] {
        assert!(text.contains(wrong), "{wrong}");
        let found = faults(&text.replacen(wrong, right, 1));
        let named = found.iter().any(|fault| fault.contains(place) && fault.contains(what));
        assert!(named, "{right:?} gave {found:#?}");
        assert!(!found.concat().contains("7654"), "{found:?}");
    }
}

#[test]
fn mistakes_in_several_sections_are_told_together() {
    let text = SOUND
        .replace("timeout = \"3s\"", "timeout = 3")
        .replace("https://web", "web")
        .replace("min_ttl", "min_tl")
        .replace("status = 404", "stat = 404");
    let found = faults(&text);
    assert!(found.len() >= 4, "{found:#?}");
}

#[test]
fn the_error_names_the_file_in_the_form_that_editors_link() {
    let dir = folder("id = 1\n");
    let text = Project::load(dir.path()).unwrap_err().to_string();
    let file = dir.path().join("brink.toml");
    assert!(text.contains(&format!("{}:1:1: id: unknown section", file.display())), "{text}");
    let nowhere = Project::load(&dir.path().join("no")).unwrap_err().to_string();
    assert!(nowhere.contains("no/brink.toml: cannot be read"), "{nowhere}");
}

#[test]
fn a_bucket_is_an_origin_by_its_name() {
    let bucket = "s3 = \"photos.s3.eu-west-1.amazonaws.com\"\nendpoint = \"http://127.0.0.1:9000\"";
    let dir = folder(&SOUND.replace("url = \"https://web.internal:8443/base\"", bucket));
    let project = Project::load(dir.path()).unwrap();
    let bucket = project.distribution.origins["web"].bucket().unwrap();
    assert_eq!(bucket.domain_name, "photos.s3.eu-west-1.amazonaws.com");
    assert_eq!((bucket.region.as_str(), bucket.path.as_str()), ("eu-west-1", ""));
    assert_eq!(bucket.endpoint.as_ref().unwrap().port, 9000);
}

#[test]
fn a_cluster_needs_numbers_and_urls() {
    let dir = folder(SOUND);
    let file = dir.path().join("brink.toml");
    let error = load_distribution(&file).unwrap_err().to_string();
    assert!(error.contains("origins.site.folder: `folder` is served by"), "{error}");
    assert!(error.contains("28:1: behaviors[0].functions.viewer-request: names no"), "{error}");

    let text = SOUND
        .replace("folder = \"site\"", "url = 'http://h'")
        .replace("\"ab-test\"", "'ab-test:1'");
    std::fs::write(&file, text).unwrap();
    let distribution = load_distribution(&file).unwrap();
    let json = dir.path().join("distribution.json");
    std::fs::write(&json, serde_json::to_string_pretty(&distribution).unwrap()).unwrap();
    assert_eq!(load_distribution(&json).unwrap(), distribution);
    std::fs::write(&json, "{\n \"id\": 1}").unwrap();
    assert!(load_distribution(&json).unwrap_err().to_string().contains("distribution.json:2:"));
    let text = serde_json::to_string_pretty(&distribution).unwrap();
    std::fs::write(&json, text.replacen("\"min_ttl\": \"1s\"", "\"min_ttl\": 60", 1)).unwrap();
    let error = load_distribution(&json).unwrap_err().to_string();
    assert!(
        error.contains(": behaviors[0].cache.min_ttl: 60 has no unit; write \"60s\""),
        "{error}"
    );
}

const SHARED: &str = r#"
[policies.cache.pages]
min_ttl = "5s"
query_strings = ["page"]

[policies.response_headers.safe]
remove_headers = ["X-Powered-By"]
custom_headers = { X-Team = { value = "web" } }
"#;

fn with_policies(policies: &str, behavior: &str) -> String {
    format!(
        "[distribution]\nid = \"d\"\n[origins.web]\nurl = \"http://h\"\n{policies}\n\
         [[behaviors]]\npath = \"*\"\norigin = \"web\"\n{behavior}\n"
    )
}

#[test]
fn behaviors_use_policies_of_cloudfront_of_the_project_and_of_a_shared_file() {
    let text = with_policies(
        "[policies]\nfrom = \"shared.toml\"\n[policies.origin_request.lean]\nheaders = [\"accept\"]",
        "cache_policy = \"pages\"\norigin_request_policy = \"lean\"\n\
         response_headers_policy = \"safe\"",
    );
    let dir = folder(&text);
    let shared = dir.path().join("shared.toml");
    std::fs::write(&shared, SHARED).unwrap();
    let project = Project::load(dir.path()).unwrap();
    let behavior = &project.distribution.behaviors[0];
    assert_eq!(behavior.cache.min_ttl, Duration::from_secs(5));
    assert_eq!(behavior.cache_policy.as_deref(), Some("pages"));
    assert!(behavior.forward.headers.includes("accept"));
    let headers = behavior.response_headers.as_ref().unwrap();
    assert_eq!(headers.custom_headers["X-Team"].value, "web");
    // `brink dev` notices changes of the shared file.
    assert!(project.sources().any(|source| source == shared));
    // A cluster gets the same.
    let file = dir.path().join("brink.toml");
    assert_eq!(load_distribution(&file).unwrap(), project.distribution);
    // So does another project.
    let text = with_policies(
        "[policies]\nfrom = \"../shared.toml\"",
        "cache_policy = \"pages\"\norigin_request_policy = \"AllViewerExceptHostHeader\"",
    );
    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("brink.toml"), text).unwrap();
    let other = Project::load(&other).unwrap();
    assert_eq!(other.distribution.behaviors[0].cache, behavior.cache);
}

#[test]
fn mistakes_of_policies_have_their_places() {
    let by_hand = "cache_policy = \"CachingOptimized\"\ncache = {}";
    for (policies, behavior, expected) in [
        (
            "",
            by_hand,
            "9:1: behaviors[0].cache_policy: a behavior has either `cache_policy` or `cache`",
        ),
        ("", "cache_policy = \"Optimized\"", "9:1: behaviors[0].cache_policy: there is no policy"),
        (
            "[policies.cache.a]\nmin_ttl = \"2h\"\nmax_ttl = \"1h\"",
            "",
            "6:1: policies.cache.a.min_ttl: is longer than max_ttl",
        ),
        ("[policies.cache.a]\nminttl = \"2h\"", "", "6:1: policies.cache.a.minttl: unknown field"),
        ("[policies.cash]", "", "5:11: policies.cash: unknown field `cash`"),
        (
            "[policies.response_headers.a]\nremove_headers = [\"ETag\", \"Connection\"]",
            "",
            "6:27: policies.response_headers.a.remove_headers[1]: Connection cannot be removed",
        ),
        (
            "",
            "response_headers = { server_timing = 200 }",
            "9:22: behaviors[0].response_headers.server_timing: is a percentage",
        ),
        ("[policies]\nfrom = 1", "", "6:8: policies.from: expected a path in quotes"),
        ("[policies]\nfrom = \"gone.toml\"", "", "6:8: policies.from: "),
    ] {
        let found = faults(&with_policies(policies, behavior));
        assert_eq!(found.len(), 1, "{policies} {behavior}: {found:?}");
        assert!(found[0].starts_with(expected), "{expected}: {found:?}");
    }
}

#[test]
fn mistakes_of_a_shared_file_have_their_places_in_it() {
    let text = with_policies(
        "[policies]\nfrom = \"shared.toml\"\n[policies.cache.pages]\nmin_ttl = \"1s\"",
        "",
    );
    let dir = folder(&text);
    for (shared, expected) in [
        (
            "[policies.cache.a]\nttl = 1\n[origins]\n",
            vec![
                "shared.toml:2:1: policies.cache.a.ttl: unknown field `ttl`",
                "shared.toml:3:2: origins: unknown section `origins`",
            ],
        ),
        (SHARED, vec!["shared.toml has [policies.cache.pages] too"]),
        ("[policies]\nfrom = \"x\"", vec!["shared.toml:2:1: policies.from: unknown field `from`"]),
    ] {
        std::fs::write(dir.path().join("shared.toml"), shared).unwrap();
        let error = Project::load(dir.path()).unwrap_err();
        let found: Vec<String> = error.faults.iter().map(Fault::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for expected in expected {
            let is_told = |fault: &String| {
                fault.starts_with("6:8: policies.from: ") && fault.contains(expected)
            };
            assert!(found.iter().any(is_told), "{expected}: {found:?}");
        }
    }
}
