//! Password hashes: salts, and keeping a stored hash.

use super::*;

fn hash(text: &str, place: Place, seed: u64) -> String {
    let formula = parse(text, place).unwrap();
    let row = row();
    let mut value = Value::Null;
    formula.evaluate(&Context { seed, ..context(0, &row) }, &mut value).unwrap();
    match value {
        Value::Text(hash) => hash,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_seeder_salts_at_random_and_a_factory_from_the_seed() {
    let (one, other) = (hash("bcrypt('x', 4)", Place::Seeder, 1), hash("bcrypt('x', 4)", Place::Seeder, 1));
    assert_ne!(one, other);
    assert!(bcrypt::verify("x", &one).unwrap() && bcrypt::verify("x", &other).unwrap());
    assert_eq!(hash("bcrypt('x', 4)", Place::Factory, 1), hash("bcrypt('x', 4)", Place::Factory, 1));
    assert_ne!(hash("bcrypt('x', 4)", Place::Factory, 1), hash("bcrypt('x', 4)", Place::Factory, 2));
    assert!(hash("argon2('x')", Place::Seeder, 1).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[test]
fn a_constant_password_is_hashed_once_in_a_factory() {
    let formula = parse("bcrypt('password', 8)", Place::Factory).unwrap();
    let mut value = Value::Null;
    let started = std::time::Instant::now();
    for ordinal in 0..10_000 {
        formula.evaluate(&context(ordinal, &[]), &mut value).unwrap();
    }
    assert!(started.elapsed().as_secs() < 60);
    // Another seed is another hash, though the first one is kept.
    let mut other = Value::Null;
    let formula = parse("bcrypt('password', 4)", Place::Factory).unwrap();
    formula.evaluate(&context(0, &[]), &mut value).unwrap();
    formula.evaluate(&Context { seed: 9, ..context(0, &[]) }, &mut other).unwrap();
    assert_ne!(value, other);
}

#[test]
fn a_stored_hash_is_known_again() {
    let row = row();
    for text in ["bcrypt('x', 4)", "argon2('x')", "bcrypt(name, 4)"] {
        let formula = parse(text, Place::Seeder).unwrap();
        let stored = hash(text, Place::Seeder, 1);
        assert!(formula.salted().is_some() && formula.is_volatile());
        assert!(formula.verify(&context(0, &row), &stored).unwrap(), "{text}");
        for another in [hash("bcrypt('y', 4)", Place::Seeder, 1), String::new(), "$2b$".to_owned(), "x".repeat(60)] {
            assert!(!formula.verify(&context(0, &row), &another).unwrap(), "{text}: {another}");
        }
    }
    let other_cost = parse("bcrypt('x', 5)", Place::Seeder).unwrap();
    assert!(!other_cost.verify(&context(0, &row), &hash("bcrypt('x', 4)", Place::Seeder, 1)).unwrap());
    assert_eq!(parse("lower(bcrypt('x', 4))", Place::Seeder).unwrap().salted(), None);
}

#[test]
fn hashes_under_a_fixed_seed_are_frozen() {
    assert_eq!(
        hash("bcrypt('password123', 4)", Place::Factory, 1),
        "$2b$04$YBsrWETxZU9DKnY9j./76uyyATkF3QmqXSj6/qaN772qoQhdOept6"
    );
    assert_eq!(
        hash("argon2('password123')", Place::Factory, 1),
        "$argon2id$v=19$m=19456,t=2,p=1$aDutYGVzbW/FMpa/lAB98w$RyxzMm/yoswhlH+GWdNmGnShjKwaOnSZlxCzdhsTf9A"
    );
}

#[test]
fn a_password_that_bcrypt_would_cut_is_refused() {
    let text = format!("bcrypt('{}')", "x".repeat(72));
    assert_eq!(parse(&text, Place::Seeder).unwrap_err().code, "formula.bad-value");
}
