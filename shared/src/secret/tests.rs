use proptest::prelude::*;

use super::*;

fn function(name: &str) -> FunctionName {
    name.parse().unwrap()
}

fn secret(name: &str) -> SecretName {
    name.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn secrets_open_only_where_they_belong(
        text in "[^\0]{1,300}",
        (a, b) in ("[a-z]{1,8}", "[a-z]{1,8}"),
        (m, n) in ("[A-Z_]{1,8}", "[A-Z_]{1,8}"),
    ) {
        let keys = [SecretKey::generate()];
        let value = SecretValue::new(text.clone()).unwrap();
        let sealed = value.seal(&keys[0].public(), &function(&a), &secret(&m)).unwrap();
        let opened = sealed.open(&keys, &function(&a), &secret(&m)).unwrap();
        prop_assert_eq!(opened.expose(), text.as_str());
        if (&a, &m) != (&b, &n) {
            let moved = sealed.open(&keys, &function(&b), &secret(&n)).unwrap_err();
            prop_assert!(matches!(moved, OpenError::Moved { .. }), "{}", moved);
        }
        let others = [SecretKey::generate()];
        let other = sealed.open(&others, &function(&a), &secret(&m)).unwrap_err();
        prop_assert!(matches!(other, OpenError::OtherKey { .. }), "{}", other);
        // Among several keys the right one is found.
        let [key] = keys;
        let [other] = others;
        prop_assert!(sealed.open(&[other, key], &function(&a), &secret(&m)).is_ok());
    }

    #[test]
    fn damaged_secrets_do_not_open(
        text in "[a-z]{1,100}",
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let keys = [SecretKey::generate()];
        let value = SecretValue::new(text).unwrap();
        let sealed = value.seal(&keys[0].public(), &function("f"), &secret("S")).unwrap();
        let mut flipped = sealed.clone();
        flipped.sealed[at.index(sealed.sealed.len())] ^= 1 << bit;
        let mut shortened = sealed.clone();
        shortened.sealed.truncate(cut.index(sealed.sealed.len()));
        for broken in [flipped, shortened] {
            let why = broken.open(&keys, &function("f"), &secret("S")).unwrap_err();
            prop_assert!(matches!(why, OpenError::Damaged { .. }), "{}", why);
            prop_assert!(why.to_string().contains("publish the function again"));
        }
    }
}

#[test]
fn names_and_values_run_into_each_other_nowhere() {
    let keys = [SecretKey::generate()];
    let value = SecretValue::new("B\u{1}x".to_owned()).unwrap();
    let sealed = value.seal(&keys[0].public(), &function("f"), &secret("A")).unwrap();
    assert!(sealed.open(&keys, &function("f"), &secret("AB")).is_err());
    assert!(SecretValue::new("a\0b".to_owned()).is_err());
}

#[test]
fn something_else_that_was_sealed_to_the_key_is_no_secret() {
    let keys = [SecretKey::generate()];
    let key = keys[0].public();
    let sealed = key.inner().seal(&mut OsRng, b"f\0S\0value").unwrap();
    let why = Sealed { key, sealed }.open(&keys, &function("f"), &secret("S")).unwrap_err();
    assert!(matches!(why, OpenError::Moved { .. }), "{why}");
}

#[test]
fn nothing_prints_a_value_or_a_key() {
    let keys = [SecretKey::generate()];
    let value = SecretValue::new("hunter2".to_owned()).unwrap();
    let sealed = value.seal(&keys[0].public(), &function("f"), &secret("S")).unwrap();
    let key = keys[0].to_file();
    let key = key.lines().last().unwrap();
    let json = serde_json::to_string(&sealed).unwrap();
    let printed = format!("{value:?} {sealed:?} {keys:?} {json}");
    assert!(!printed.contains("hunter2") && !printed.contains(key), "{printed}");
    let rejected = serde_json::from_str::<SecretName>("\"hunter 2\"").unwrap_err().to_string();
    assert!(!rejected.contains("hunter"), "{rejected}");
}

#[test]
fn a_key_file_holds_the_present_key_first() {
    let (new, old) = (SecretKey::generate(), SecretKey::generate());
    let text = format!("{}\n{}", *new.to_file(), *old.to_file());
    let read: Vec<_> = SecretKey::from_file(&text).unwrap().iter().map(SecretKey::public).collect();
    assert_eq!(read, [new.public(), old.public()]);
    assert_eq!(SecretKey::from_file("# none\n").unwrap_err(), KeyError::None);
    assert_eq!(SecretKey::from_file("\nrubbish").unwrap_err(), KeyError::Line(2));
    assert_eq!(new.public().to_string().parse(), Ok(new.public()));
    assert!("AAAA".parse::<PublicKey>().is_err());
}

#[test]
fn a_box_travels_as_json() {
    let key = SecretKey::generate();
    let value = SecretValue::new("v".repeat(SECRETS_MAX)).unwrap();
    let sealed = value.seal(&key.public(), &function("f"), &secret("S")).unwrap();
    let json = serde_json::to_value(&sealed).unwrap();
    assert_eq!(json["key"], key.public().to_string());
    let read: Sealed = serde_json::from_value(json).unwrap();
    assert_eq!(read.open(&[key], &function("f"), &secret("S")), Ok(value));
    assert!(SecretValue::new("v".repeat(SECRETS_MAX + 1)).is_err());
}
