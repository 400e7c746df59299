//! Who runs this: user and host, as the history records them.

use std::env;

/// `user@host`, as far as the environment tells.
pub(super) fn user_and_host() -> String {
    let user = first_variable(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "unknown".to_owned());
    match host() {
        Some(host) => format!("{user}@{host}"),
        None => user,
    }
}

fn host() -> Option<String> {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.trim().to_owned())
        .filter(|host| !host.is_empty())
        .or_else(|| first_variable(&["HOSTNAME", "COMPUTERNAME"]))
}

fn first_variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok()).filter(|value| !value.is_empty())
}
