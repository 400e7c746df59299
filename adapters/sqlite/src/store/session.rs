//! Which session a claim belongs to, and whether that session is still there.
//!
//! A session is a connection of a process. It is named by the host, the boot, the process-id namespace, the process,
//! when it started, and a number inside the process: so neither a number that is used again nor a container with the
//! same host name is mistaken for it.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A live session of this process; dropping it ends it.
#[derive(Debug)]
pub(crate) struct SessionId {
    number: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(1);
static LIVE: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());

impl SessionId {
    /// The next session of this process.
    pub(crate) fn begin() -> SessionId {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        SessionId { number }
    }

    /// Its name: `HOST BOOT NAMESPACE PROCESS STARTED NUMBER`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", process().name(), self.number)
    }
}

impl Drop for SessionId {
    fn drop(&mut self) {
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// Whether the session of that name is shown to be gone; `None` where that can't be told from here.
pub(crate) fn is_gone(name: &str) -> Option<bool> {
    let (process_name, number) = name.rsplit_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let here = process();
    if process_name == here.name() {
        return Some(!LIVE.lock().unwrap_or_else(PoisonError::into_inner).contains(&number));
    }
    let there = Process::parse(process_name)?;
    // Another boot is the same machine after a restart, or another machine of that name on the same network file
    // system.
    let comparable = (&there.host, &there.boot, &there.namespace) == (&here.host, &here.boot, &here.namespace);
    if !comparable || !here.is_identified() || !there.is_identified() {
        return None;
    }
    Some(started(&there.process).is_none_or(|start| start != there.started))
}

/// A process, as far as it can be told from others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    host: String,
    boot: String,
    namespace: String,
    process: String,
    started: String,
}

const UNKNOWN: &str = "-";

fn process() -> &'static Process {
    static PROCESS: OnceLock<Process> = OnceLock::new();
    PROCESS.get_or_init(|| {
        let process = std::process::id().to_string();
        let one_word = |text: String| {
            let text: String = text.split_whitespace().collect();
            if text.is_empty() { UNKNOWN.to_owned() } else { text }
        };
        Process {
            host: one_word(
                fs::read_to_string("/proc/sys/kernel/hostname")
                    .or_else(|_| std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")))
                    .unwrap_or_default(),
            ),
            boot: one_word(fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()),
            namespace: one_word(
                fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default(),
            ),
            started: started(&process).unwrap_or_else(|| UNKNOWN.to_owned()),
            process,
        }
    })
}

/// When a process started, in clock ticks since boot; `None` where it is not there, or where there is no /proc.
fn started(process: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything; the start is the 22nd.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    if fields.next()? == "Z" {
        // A zombie has ended; nobody has asked how.
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

impl Process {
    fn name(&self) -> String {
        [&self.host, &self.boot, &self.namespace, &self.process, &self.started].map(String::as_str).join(" ")
    }

    fn parse(name: &str) -> Option<Process> {
        let mut words = name.split(' ').map(str::to_owned);
        let process = Process {
            host: words.next()?,
            boot: words.next()?,
            namespace: words.next()?,
            process: words.next()?,
            started: words.next()?,
        };
        (words.next().is_none() && process.process.bytes().all(|byte| byte.is_ascii_digit())).then_some(process)
    }

    fn is_identified(&self) -> bool {
        [&self.host, &self.boot, &self.namespace, &self.started].iter().all(|part| *part != UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_this_process_is_gone_when_it_ends() {
        let session = SessionId::begin();
        let name = session.name();
        assert_eq!(is_gone(&name), Some(false));
        drop(session);
        assert_eq!(is_gone(&name), Some(true));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_ended_is_shown_to_be_gone_and_a_live_one_is_not() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let id = child.id().to_string();
        let there = Process { started: started(&id).unwrap(), process: id, ..process().clone() };
        let name = format!("{} 1", there.name());
        assert_eq!(is_gone(&name), Some(false));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(is_gone(&name), Some(true));
    }

    #[test]
    fn nothing_is_known_of_another_machine_or_namespace() {
        let elsewhere = Process { host: "elsewhere".to_owned(), ..process().clone() };
        assert_eq!(is_gone(&format!("{} 1", elsewhere.name())), None);
        let container = Process { namespace: "pid:[1]".to_owned(), ..process().clone() };
        assert_eq!(is_gone(&format!("{} 1", container.name())), None);
        assert_eq!(is_gone("nonsense"), None);
    }
}
