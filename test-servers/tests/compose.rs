//! The containers of docker-compose.yml and the command that runs the suite on them: what can be known of them without starting one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fastman_test_servers::{POSTGRES_VARIABLE, Product};
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn yaml(path: &str) -> Yaml {
    let text = fs::read_to_string(root().join(path)).unwrap();
    YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")).remove(0)
}

/// The services by their names.
fn services() -> BTreeMap<String, Yaml> {
    let file = yaml("docker-compose.yml");
    let services = file["services"].as_hash().expect("there are services");
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service.clone())).collect()
}

/// A line of the table in tools/compose-test.sh.
struct Run {
    service: String,
    adapter: String,
    backend: String,
    variable: String,
    url: String,
}

fn runs() -> Vec<Run> {
    let script = fs::read_to_string(root().join("tools/compose-test.sh")).unwrap();
    let (_, table) = script.split_once("containers='\n").expect("the script has a table");
    let (table, _) = table.split_once("\n'").expect("the table ends");
    table
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut word = || words.next().unwrap_or_else(|| panic!("a word is missing in: {line}"));
            Run { service: word(), adapter: word(), backend: word(), variable: word(), url: word() }
        })
        .collect()
}

/// The addresses that a service's ports are bound to, each with the port inside.
fn ports(service: &Yaml) -> Vec<(String, String)> {
    let ports = service["ports"].as_vec().expect("there are ports");
    ports
        .iter()
        .map(|port| port.as_str().unwrap().rsplit_once(':').unwrap())
        .map(|(a, b)| (a.into(), b.into()))
        .collect()
}

#[test]
fn every_service_has_an_image_of_a_stated_version_and_a_healthcheck() {
    let services = services();
    assert!(services.len() >= 7);
    for (name, service) in &services {
        let image = service["image"].as_str().unwrap();
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{name} has no version"));
        assert_ne!(tag, "latest", "{name}");
        let health = &service["healthcheck"];
        let test = health["test"].as_vec().unwrap_or_else(|| panic!("{name} has no healthcheck"));
        assert_eq!(test[0].as_str(), Some("CMD"), "{name}");
        assert!(test.len() > 1, "{name}");
        for part in ["interval", "timeout", "retries"] {
            assert!(!health[part].is_badvalue(), "the healthcheck of {name} has no {part}");
        }
    }
}

#[test]
fn ports_are_bound_to_the_loopback_interface_and_to_one_service_each() {
    let mut taken = BTreeSet::new();
    for (name, service) in services() {
        for (address, _) in ports(&service) {
            assert!(address.starts_with("127.0.0.1:"), "{name} listens on {address}");
            assert!(taken.insert(address.clone()), "{name} takes {address} from another");
        }
    }
}

#[test]
fn every_service_has_a_url_that_leads_to_it() {
    let services = services();
    let runs = runs();
    let run: BTreeSet<&String> = runs.iter().map(|run| &run.service).collect();
    assert_eq!(run, services.keys().collect());
    for Run { service: name, url, .. } in &runs {
        let service = &services[name];
        let [(address, inside)] = ports(service).try_into().unwrap();
        let standard = match url.split_once("://").unwrap().0 {
            "postgresql" => "5432",
            "mysql" | "mariadb" => "3306",
            "oracle" => "1521",
            "firestore" => "8080",
            other => panic!("{name}: what is {other}?"),
        };
        assert_eq!(inside, standard, "{name}");
        assert!(url.split(['@', '/', '=', '?']).any(|part| part == address), "{url} does not lead to {address}");
    }
}

#[test]
fn the_passwords_of_the_urls_are_those_of_the_services() {
    let services = services();
    for Run { service: name, url, .. } in runs() {
        let (_, rest) = url.split_once("://").unwrap();
        let Some((login, _)) = rest.split_once('@') else { continue };
        let (user, password) = login.split_once(':').unwrap();
        let (variable, expected) = match user {
            "postgres" => ("POSTGRES_PASSWORD", "postgresql"),
            "root" if url.starts_with("mariadb:") => ("MARIADB_ROOT_PASSWORD", "mariadb"),
            "root" => ("MYSQL_ROOT_PASSWORD", "mysql"),
            "system" => ("ORACLE_PASSWORD", "oracle"),
            other => panic!("{name}: who is {other}?"),
        };
        assert!(url.starts_with(expected), "{name}");
        assert_eq!(services[&name]["environment"][variable].as_str(), Some(password), "{name}");
        let health = services[&name]["healthcheck"]["test"].as_vec().unwrap();
        for word in health.iter().filter_map(|word| word.as_str()?.strip_prefix("--password=")) {
            assert_eq!(word, password, "the healthcheck of {name}");
        }
    }
}

#[test]
fn the_urls_are_given_by_the_variables_that_the_tests_read() {
    let mut seen = BTreeSet::new();
    for Run { service, adapter, backend, variable, .. } in runs() {
        let expected = match backend.as_str() {
            "postgres" => POSTGRES_VARIABLE.to_owned(),
            "mysql" => Product::MySql.variable().to_owned(),
            "mariadb" => Product::MariaDb.variable().to_owned(),
            other => format!("FASTMAN_TEST_{}_URL", other.to_uppercase()),
        };
        assert_eq!(variable, expected, "{service}");
        let conformance = root().join("adapters").join(&adapter).join("tests/conformance.rs");
        if root().join("adapters").join(&adapter).is_dir() {
            assert!(conformance.exists(), "{adapter} has no suite to run");
            seen.insert(backend);
        }
    }
    for backend in ["postgres", "mysql", "mariadb", "firestore"] {
        assert!(seen.contains(backend), "the suite is not run on a container of {backend}");
    }
}

#[test]
fn the_workflow_runs_the_suite_on_containers_that_there_are() {
    let services = services();
    let workflow = yaml(".github/workflows/ci.yml");
    let suite = &workflow["jobs"]["suite"];
    let matrix = suite["strategy"]["matrix"]["service"].as_vec().unwrap();
    let matrix: BTreeSet<&str> = matrix.iter().map(|service| service.as_str().unwrap()).collect();
    for service in &matrix {
        assert!(services.contains_key(*service), "{service}");
    }
    for Run { service, adapter, .. } in runs() {
        let is_there = root().join("adapters").join(&adapter).is_dir();
        assert_eq!(matrix.contains(service.as_str()), is_there, "the workflow and the container {service}");
    }
    let steps: Vec<&str> = suite["steps"].as_vec().unwrap().iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(steps.contains(&"docker compose up -d --wait ${{ matrix.service }}"), "{steps:?}");
    assert!(steps.contains(&"tools/compose-test.sh ${{ matrix.service }}"), "{steps:?}");
    let everything = workflow["jobs"]["debian"]["steps"].as_vec().unwrap();
    assert!(everything.iter().any(|step| step["run"].as_str() == Some(".ci/run")));
}

#[test]
fn the_command_is_documented() {
    let command = "docker compose up -d --wait && tools/compose-test.sh";
    for file in ["README.md", "docker-compose.yml", "tools/compose-test.sh"] {
        assert!(fs::read_to_string(root().join(file)).unwrap().contains(command), "{file}");
    }
}
