//! The suite itself: what is missing, exempt or failing is never taken for passed.

use async_trait::async_trait;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};

use super::*;
use crate::harness::{Database, Exemption};

struct Fake {
    missing: bool,
    required: bool,
    exemptions: Vec<Exemption>,
}

const THERE: Fake = Fake { missing: false, required: true, exemptions: Vec::new() };

#[async_trait]
impl Harness for Fake {
    fn backend(&self) -> String {
        "fake".to_owned()
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            max_parameters: 1,
            empty_string: EmptyString::Kept,
        }
    }

    fn flavour(&self) -> &'static Flavour {
        &fastman_flavours::SQLITE
    }

    fn flavours(&self) -> Flavours {
        fastman_flavours::ALL
    }

    fn required_in_ci(&self) -> bool {
        self.required
    }

    fn exemptions(&self) -> &[Exemption] {
        &self.exemptions
    }

    async fn availability(&self) -> Availability {
        if self.missing {
            Availability::Missing { reason: "no server is installed".to_owned(), command: "install it".to_owned() }
        } else {
            Availability::Ready
        }
    }

    async fn fresh(&self) -> Result<Box<dyn Database>> {
        Err(Error::failed("test.fake", "there are no databases here"))
    }
}

fn test(sentence: &'static str, run: fn(Context) -> suite::Outcome) -> Test {
    Test { group: "group", sentence, applies: |_| Ok(()), run: Run::Sql(run) }
}

fn passes() -> Test {
    test("passes", |_| Box::pin(async { Ok(()) }))
}

fn fails() -> Test {
    test("fails", |context| Box::pin(async move { context.session().await.map(drop) }))
}

fn panics() -> Test {
    test("panics", |_| Box::pin(async { panic!("as it should") }))
}

fn is_well(ci: bool, harness: Fake, tests: Vec<Test>) -> bool {
    // What these runs print is not what the reader of this one wants to see.
    let arguments = Arguments { logfile: Some("/dev/null".to_owned()), ..Arguments::default() };
    run(&arguments, ci, vec![Subject::Sql(Arc::new(harness))], tests)
}

#[test]
fn a_test_that_fails_or_panics_fails_the_run() {
    assert!(is_well(true, THERE, vec![passes()]));
    assert!(!is_well(false, THERE, vec![passes(), fails()]));
    assert!(!is_well(false, THERE, vec![panics(), passes()]));
}

#[test]
fn a_missing_backend_is_ignored_but_not_where_it_must_be_had() {
    let missing = |required| Fake { missing: true, required, ..THERE };
    assert!(is_well(false, missing(true), vec![passes(), fails()]));
    assert!(is_well(true, missing(false), vec![passes(), fails()]));
    assert!(!is_well(true, missing(true), vec![passes(), fails()]));
}

#[test]
fn a_backend_that_no_test_is_asked_of_need_not_be_there() {
    let missing = || vec![Subject::Sql(Arc::new(Fake { missing: true, required: true, ..THERE }) as Arc<dyn Harness>)];
    let asked = |filter: &str| Arguments {
        logfile: Some("/dev/null".to_owned()),
        filter: Some(filter.to_owned()),
        ..Arguments::default()
    };
    assert!(run(&asked("other::"), true, missing(), vec![passes()]));
    assert!(!run(&asked("fake::"), true, missing(), vec![passes()]));
}

#[test]
fn an_exempt_test_is_not_run_and_an_exemption_of_no_test_fails_the_run() {
    let exempt = |test| Fake { exemptions: vec![Exemption { test, reason: "it can't" }], ..THERE };
    assert!(is_well(true, exempt("group::fails"), vec![passes(), fails()]));
    assert!(!is_well(true, exempt("group::was_renamed"), vec![passes()]));
}

/// A store without SQL.
struct Documents;

#[async_trait]
impl StoreHarness for Documents {
    fn backend(&self) -> String {
        "documents".to_owned()
    }

    fn required_in_ci(&self) -> bool {
        true
    }

    fn exemptions(&self) -> &[Exemption] {
        &[]
    }

    async fn availability(&self) -> Availability {
        Availability::Ready
    }

    async fn fresh(&self) -> Result<Box<dyn crate::StoreDatabase>> {
        Err(Error::failed("test.fake", "there are no databases here"))
    }
}

#[test]
fn a_test_of_sql_does_not_exist_for_a_store_without_and_the_others_are_run() {
    let subject = Subject::Store(Arc::new(Documents));
    assert_eq!(subject.prepare(&passes()).err(), Some(NO_SQL));
    let store = |run| Test { run: Run::Store(run), ..passes() };
    assert!(subject.prepare(&store(|_| Box::pin(async { Ok(()) }))).is_ok());
    let arguments = Arguments { logfile: Some("/dev/null".to_owned()), ..Arguments::default() };
    assert!(run(&arguments, true, vec![subject.clone()], vec![fails(), store(|_| Box::pin(async { Ok(()) }))]));
    let failing = store(|stores| Box::pin(async move { stores.database().await.map(drop) }));
    assert!(!run(&arguments, true, vec![subject], vec![failing]));
}

#[test]
fn every_test_of_the_suite_has_a_name_of_its_own() {
    let mut names: Vec<String> = suite::all().iter().map(Test::name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count > 90);
}
