//! What a URL and the environment say: the project, the database, the emulator or Google, and whose credentials.

use std::path::PathBuf;
use std::time::Duration;

use fastman_core::adapter::ConnectOptions;
use fastman_core::error::{Error, Result};
use fastman_core::project::Environment;
use fastman_core::url::DatabaseUrl;

/// The variable that names an emulator, as Google's own clients have it.
const EMULATOR_VARIABLE: &str = "FIRESTORE_EMULATOR_HOST";
/// The variables that name a file with credentials, in the order in which they are asked.
const CREDENTIALS_VARIABLES: [&str; 2] = ["GOOGLE_APPLICATION_CREDENTIALS", "FIREBASE_CREDENTIALS_PATH"];
const PARAMETERS: [&str; 3] = ["emulator", "credentials", "ramp_up"];
const FORM: &str =
    "a Firestore URL is firestore://PROJECT or firestore://PROJECT/DATABASE, with ?emulator=HOST:PORT for an emulator";

/// How a store is connected.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The project's id.
    pub project: String,
    /// The database's id.
    pub database: String,
    /// Who answers.
    pub endpoint: Endpoint,
    /// Whether the rate grows slowly, as Google asks of whoever writes many documents.
    pub ramp_up: bool,
    /// Connecting is given up after this.
    pub timeout: Duration,
    /// Nothing is written.
    pub read_only: bool,
}

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    /// An emulator, as host and port; it asks for no credentials.
    Emulator(String),
    /// Google, with these credentials.
    Google(Credentials),
}

/// Where credentials come from.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// A file, and who named it.
    File(PathBuf, String),
    /// What the machine has: the file of `gcloud auth application-default login` if it is there, else the machine's own account.
    Default(Option<PathBuf>),
}

impl Settings {
    /// Reads a URL.
    ///
    /// # Errors
    /// `url.malformed` with what is wrong.
    pub(crate) fn read(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Settings> {
        let malformed = |problem: &str| {
            Error::usage("url.malformed", format!("the URL {url} can't be used: {problem}")).with_help(FORM)
        };
        let Some(project) = url.host() else {
            return Err(malformed("it names no project"));
        };
        if url.port().is_some() {
            return Err(malformed("a project has no port"));
        }
        if url.user().is_some() || url.password().is_some() {
            return Err(
                malformed("it has a user or a password; credentials come from a file").with_help(CREDENTIALS_HELP)
            );
        }
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:()".contains(&byte));
        let database = url.database().unwrap_or("(default)");
        if !plain(project) || !plain(database) {
            return Err(malformed("the ids of a project and a database are letters, digits and hyphens"));
        }
        if let Some((name, _)) = url.parameters().find(|(name, _)| !PARAMETERS.contains(name)) {
            let message = format!("it has the parameter {name}, and there are {}", PARAMETERS.join(", "));
            return Err(malformed(&message));
        }
        let emulator = match url.parameter("emulator") {
            Some(emulator) => Some(emulator.to_owned()),
            None => options.environment.find(EMULATOR_VARIABLE).map(|(value, _)| value),
        };
        let (endpoint, ramp_up) = match emulator {
            Some(address) => {
                let address = address.strip_prefix("http://").unwrap_or(&address).trim_end_matches('/').to_owned();
                let (host, port) = address.rsplit_once(':').unwrap_or_default();
                if host.is_empty() || port.parse::<u16>().is_err() || host.contains(['/', '@', ' ']) {
                    let message = format!("{address:?} is no emulator's address, which is HOST:PORT: 127.0.0.1:8080");
                    return Err(malformed(&message));
                }
                (Endpoint::Emulator(address), false)
            }
            None => (Endpoint::Google(credentials(url, options)), true),
        };
        let ramp_up = match url.parameter("ramp_up") {
            None => ramp_up,
            Some("true" | "on" | "1") => true,
            Some("false" | "off" | "0") => false,
            Some(_) => return Err(malformed("ramp_up is true or false")),
        };
        Ok(Settings {
            project: project.to_owned(),
            database: database.to_owned(),
            endpoint,
            ramp_up,
            timeout: options.timeout,
            read_only: options.read_only,
        })
    }

    /// The host that is connected to, with its port where it has one.
    pub(crate) fn host(&self) -> &str {
        match &self.endpoint {
            Endpoint::Emulator(address) => address,
            Endpoint::Google(_) => "firestore.googleapis.com",
        }
    }
}

/// What helps somebody who has no credentials.
pub(crate) const CREDENTIALS_HELP: &str = "set GOOGLE_APPLICATION_CREDENTIALS or FIREBASE_CREDENTIALS_PATH to a service account's file \
     (Firebase console, project settings, service accounts), or run: gcloud auth application-default login; \
     for the emulator set FIRESTORE_EMULATOR_HOST=127.0.0.1:8080, which needs none";

fn credentials(url: &DatabaseUrl, options: &ConnectOptions) -> Credentials {
    let file = |path: &str| match path.strip_prefix("~/").zip(home(&options.environment)) {
        Some((rest, home)) => home.join(rest),
        None => options.base.join(path),
    };
    if let Some(path) = url.parameter("credentials") {
        return Credentials::File(file(path), "the URL".to_owned());
    }
    for variable in CREDENTIALS_VARIABLES {
        if let Some((path, origin)) = options.environment.find(variable) {
            return Credentials::File(file(&path), origin.to_string());
        }
    }
    let configuration = match options.environment.find("CLOUDSDK_CONFIG") {
        Some((folder, _)) => Some(PathBuf::from(folder)),
        None if cfg!(windows) => {
            options.environment.find("APPDATA").map(|(folder, _)| PathBuf::from(folder).join("gcloud"))
        }
        None => home(&options.environment).map(|home| home.join(".config/gcloud")),
    };
    let file = configuration.map(|folder| folder.join("application_default_credentials.json"));
    Credentials::Default(file.filter(|file| file.is_file()))
}

fn home(environment: &Environment) -> Option<PathBuf> {
    environment.find("HOME").map(|(home, _)| PathBuf::from(home))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(url: &str, file: &str) -> Result<Settings> {
        let environment = Environment::parse(Path::new("/p/.env"), file, |_| None)?;
        let options = ConnectOptions { base: "/p".into(), environment, ..ConnectOptions::default() };
        Settings::read(&DatabaseUrl::parse(url)?, &options)
    }

    #[test]
    fn a_url_names_the_project_and_the_database() {
        let settings = read("firestore://my-project", "").unwrap();
        assert_eq!((settings.project.as_str(), settings.database.as_str()), ("my-project", "(default)"));
        assert!(settings.ramp_up);
        let settings = read("firebase://my-project/other?ramp_up=off", "").unwrap();
        assert_eq!((settings.database.as_str(), settings.ramp_up), ("other", false));
        for url in [
            "firestore://",
            "firestore:///db",
            "firestore://p:8080",
            "firestore://user:secret@p",
            "firestore://p?sslmode=require",
            "firestore://p?emulator=nowhere",
            "firestore://p?emulator=a/b:80",
            "firestore://p?ramp_up=maybe",
            "firestore://p/a/b",
        ] {
            let error = read(url, "").unwrap_err();
            assert_eq!(error.code(), "url.malformed", "{url}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn an_emulator_is_named_by_the_url_then_by_the_environment_and_needs_no_credentials() {
        let address = |settings: Settings| match settings.endpoint {
            Endpoint::Emulator(address) => (address, settings.ramp_up),
            Endpoint::Google(_) => panic!("it is an emulator"),
        };
        let file = "FIRESTORE_EMULATOR_HOST=127.0.0.1:8080\nGOOGLE_APPLICATION_CREDENTIALS=nowhere.json";
        assert_eq!(address(read("firestore://p", file).unwrap()), ("127.0.0.1:8080".to_owned(), false));
        let url = "firestore://p?emulator=[::1]:9090";
        assert_eq!(address(read(url, file).unwrap()), ("[::1]:9090".to_owned(), false));
    }

    #[test]
    fn credentials_come_from_the_url_then_from_two_variables_then_from_the_machine() {
        let named = |url: &str, file: &str| match read(url, file).unwrap().endpoint {
            Endpoint::Google(Credentials::File(path, _)) => path.display().to_string(),
            other => format!("{other:?}"),
        };
        let both = "FIREBASE_CREDENTIALS_PATH=firebase.json\nGOOGLE_APPLICATION_CREDENTIALS=/abs/google.json";
        assert_eq!(named("firestore://p?credentials=key.json", both), "/p/key.json");
        assert_eq!(named("firestore://p", both), "/abs/google.json");
        assert_eq!(named("firestore://p", "FIREBASE_CREDENTIALS_PATH=firebase.json"), "/p/firebase.json");
        assert_eq!(named("firestore://p", "HOME=/nowhere"), "Google(Default(None))");
    }
}
