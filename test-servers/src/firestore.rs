//! Google's Firestore emulator: the one that FASTMAN_TEST_FIRESTORE_URL or FIRESTORE_EMULATOR_HOST names, else a throwaway one from an
//! installed jar.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::process::{ends_with_us, free_port, program, spawn_for_good};

/// The variable that names an emulator by a URL: `firestore://any?emulator=127.0.0.1:8080`.
pub const FIRESTORE_VARIABLE: &str = "FASTMAN_TEST_FIRESTORE_URL";

/// The variable of Google's own clients.
const HOST_VARIABLE: &str = "FIRESTORE_EMULATOR_HOST";

/// The command that provides the emulator.
pub const FIRESTORE_COMMAND: &str = "tools/test-servers.sh --install firestore";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A running emulator. It has every project, so each test has one of its own.
pub struct Emulator {
    address: String,
    own: Option<(Child, tempfile::TempDir)>,
}

impl Emulator {
    /// The emulator of this test run.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub fn find() -> Result<Emulator, String> {
        if let Ok(url) = std::env::var(FIRESTORE_VARIABLE) {
            let (_, parameters) = url.split_once('?').unwrap_or_default();
            let address = parameters.split('&').find_map(|parameter| parameter.strip_prefix("emulator="));
            return match address {
                Some(address) => Ok(Emulator { address: address.to_owned(), own: None }),
                None => Err(format!("{FIRESTORE_VARIABLE} names no emulator: firestore://any?emulator=HOST:PORT")),
            };
        }
        if let Ok(address) = std::env::var(HOST_VARIABLE) {
            return Ok(Emulator { address, own: None });
        }
        let missing = |what: &str| format!("{FIRESTORE_VARIABLE} is not set and {what}");
        let jar = jar().ok_or_else(|| missing("the emulator's jar is not installed"))?;
        let java = java().ok_or_else(|| missing("there is no java to run the emulator"))?;
        Emulator::start(&java, &jar)
    }

    /// Starts a throwaway emulator.
    fn start(java: &Path, jar: &Path) -> Result<Emulator, String> {
        let text = |error: std::io::Error| error.to_string();
        let folder = tempfile::tempdir().map_err(text)?;
        let port = free_port()?;
        let log = folder.path().join("log");
        let output = fs::File::create(&log).map_err(text)?;
        // The jar has no main class of its own; without a limit the heap grows to a quarter of the machine.
        let mut command = ends_with_us("KILL", folder.path());
        command.arg(java).args(["-Xmx1g", "-XX:+UseSerialGC", "-Duser.language=en", "-cp"]).arg(jar);
        command.args(["com.google.cloud.datastore.emulator.firestore.CloudFirestore", "--host", "127.0.0.1", "--port"]);
        command.arg(port.to_string()).stderr(output.try_clone().map_err(text)?).stdout(output);
        let mut child = spawn_for_good(command)?;
        let deadline = Instant::now() + Duration::from_secs(120);
        while Instant::now() < deadline {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("Dev App Server is now running") && TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(Emulator { address: format!("127.0.0.1:{port}"), own: Some((child, folder)) });
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("the emulator ended with {status}: {said}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(format!("the emulator did not get ready: {}", fs::read_to_string(&log).unwrap_or_default()))
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of a new, empty project.
    pub fn project(&self) -> String {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("firestore://fastman-test-{}-{number}?emulator={}", std::process::id(), self.address)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The emulator's jar: where `tools/test-servers.sh` unpacks it, of Debian's package, or of the Cloud CLI's own folder.
fn jar() -> Option<PathBuf> {
    const JAR: &str = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
    if let Some(jar) = std::env::var_os("FASTMAN_TEST_FIRESTORE_JAR") {
        return Some(PathBuf::from(jar)).filter(|jar| jar.is_file());
    }
    let known = ["/var/cache/fastman-firestore/usr/lib", "/usr/lib", "/usr/share"];
    let mut folders: Vec<PathBuf> = known.iter().map(|folder| Path::new(folder).join("google-cloud-sdk")).collect();
    folders.extend(std::env::var_os("CLOUDSDK_ROOT_DIR").map(PathBuf::from));
    folders.extend(std::env::var_os("HOME").map(|home| PathBuf::from(home).join("google-cloud-sdk")));
    folders.into_iter().map(|folder| folder.join(JAR)).find(|jar| jar.is_file())
}

/// The java that runs it.
fn java() -> Option<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    home.filter(|java| java.is_file()).or_else(|| program("java"))
}
