//! Hides what may hold a password from a text that errors point into, byte for byte, so that places stay right.

/// The text with every secret replaced by stars: what follows the equals sign on each line that looks as if it held a URL or a password.
pub(super) fn configuration(text: &str) -> String {
    mask_lines(text, |line| {
        let lower = line.to_ascii_lowercase();
        let suspicious = ["://", "url", "pass", "secret", "token", "@"].iter().any(|word| lower.contains(word));
        suspicious.then(|| line.find('=').map_or(0, |equals| equals + 1))
    })
}

/// The text of an environment file with nothing but the names left: a line without one may be the rest of a value.
pub(super) fn environment(text: &str) -> String {
    mask_lines(text, |line| Some(name_end(line)))
}

/// Where the value begins, on a line of an environment file.
fn name_end(line: &str) -> usize {
    let Some((name, _)) = line.split_once('=') else { return 0 };
    let bare = name.trim();
    let bare = bare.strip_prefix("export ").unwrap_or(bare).trim();
    let named =
        !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    if named { name.len() + 1 } else { 0 }
}

/// Replaces what follows the byte that `from` gives by stars, on each line.
fn mask_lines(text: &str, from: impl Fn(&str) -> Option<usize>) -> String {
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match from(content) {
            Some(start) => {
                masked.push_str(&content[..start]);
                masked.extend(content[start..].bytes().map(|byte| if byte == b' ' { ' ' } else { '*' }));
            }
            None => masked.push_str(content),
        }
        masked.push_str(&line[content.len()..]);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_be_secret_are_hidden_and_nothing_moves() {
        let text = "engines = [\"sqlite\"]\r\nurl = \"mysql://me:gehéim@host/x\"\n# password: x\n";
        let masked = configuration(text);
        assert_eq!(masked.len(), text.len());
        assert!(masked.starts_with("engines = [\"sqlite\"]\r\nurl = **"), "{masked}");
        assert!(!masked.contains("gehéim") && !masked.contains("password"));
    }

    #[test]
    fn of_an_environment_file_only_the_names_are_left() {
        assert_eq!(environment("export A=b c\nb c\nX Y=1\n"), "export A=* *\n* *\n* ***\n");
    }
}
