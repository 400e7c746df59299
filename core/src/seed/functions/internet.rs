//! Addresses of the internet. All of them lead nowhere: domains, networks and hosts are those reserved for examples.

use std::fmt::Write;

use super::call::{Call, Stop};
use super::definition::{Accepts, Definition, Group, Unique, may};
use super::draw::Draw;
use super::text::{slug_of, word};
use crate::seed::formula::convert;

pub(super) static GROUP: Group = Group {
    name: "internet",
    functions: &[
        Definition::text(
            "email",
            "email([name])",
            "an address at example.com, .org or .net, made from a name if given",
            email,
        )
        .takes(&[may(Accepts::Text)])
        .example("unique(email())")
        .unique(Unique::Own),
        Definition::text("username", "username([name])", "a user's name, made from a name if given", username)
            .takes(&[may(Accepts::Text)])
            .example("unique(username())")
            .unique(Unique::Own),
        Definition::text("password", "password([length])", "a password of 12 characters, or of so many", password)
            .takes(&[may(Accepts::Integer)])
            .example("password()")
            .unique(Unique::Refused("nothing in it is left for the row's number")),
        Definition::words("domain", "domain()", "a host below a domain for examples", domain).unique(Unique::Own),
        Definition::words("url", "url()", "an address of the web", url).unique(Unique::Suffix("-")),
        Definition::words("ipv4", "ipv4()", "an IPv4 address of a private network", ipv4).unique(Unique::Own),
        Definition::words("ipv6", "ipv6()", "an IPv6 address of the network for documentation", ipv6)
            .unique(Unique::Own),
        Definition::words("mac_address", "mac_address()", "a locally administered MAC address", mac_address)
            .unique(Unique::Own),
        Definition::list("user_agent", "user_agent()", "what a browser calls itself", |words| words.user_agents),
        Definition::words("color_hex", "color_hex()", "a colour such as #3fa9c1", color_hex).unique(Unique::Own),
        Definition::list("color_name", "color_name()", "a colour of CSS", |_| COLORS),
        Definition::words("file_name", "file_name()", "a file's name with its extension", file_name)
            .unique(Unique::Own),
        Definition::list("file_extension", "file_extension()", "the extension of a file's name", |words| {
            words.file_extensions
        }),
        Definition::list("mime_type", "mime_type()", "a media type", |_| MIME_TYPES),
        Definition::list("http_method", "http_method()", "a method of HTTP", |_| METHODS),
    ],
};

/// RFC 2606, section 3.
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const COLORS: &[&str] = &[
    "aqua",
    "black",
    "blue",
    "brown",
    "coral",
    "crimson",
    "cyan",
    "fuchsia",
    "gold",
    "gray",
    "green",
    "indigo",
    "ivory",
    "khaki",
    "lavender",
    "lime",
    "magenta",
    "maroon",
    "navy",
    "olive",
    "orange",
    "orchid",
    "pink",
    "plum",
    "purple",
    "red",
    "salmon",
    "sienna",
    "silver",
    "tan",
    "teal",
    "tomato",
    "turquoise",
    "violet",
    "white",
    "yellow",
];

const MIME_TYPES: &[&str] = &[
    "application/gzip",
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/rtf",
    "application/sql",
    "application/xml",
    "application/zip",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "font/woff2",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/markdown",
    "text/plain",
    "video/mp4",
    "video/webm",
];

/// Appends the letters and digits of a text, in ASCII and lower case.
fn plain(text: &str, out: &mut String) {
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            out.push(character.to_ascii_lowercase());
        } else if !character.is_ascii() {
            let letters = deunicode::deunicode_char(character).unwrap_or_default();
            out.extend(letters.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()));
        }
    }
}

/// Appends a made-up local part: letters and separators, and no digit at the end.
fn local_part(draw: &mut Draw, separators: &[&str], out: &mut String) {
    let start = out.len();
    let (first, last) = (draw.pick(draw.lexicon.first_names), draw.pick(draw.lexicon.last_names));
    let style = draw.random.below(4);
    match style {
        0 => {
            plain(first, out);
            out.truncate(out.len().min(start + 1));
        }
        _ => plain(first, out),
    }
    let between = if style == 0 { "" } else { draw.pick(separators) };
    if out.len() > start {
        out.push_str(between);
    }
    plain(last, out);
    let letters = out[start..].trim_end_matches(|end: char| !end.is_ascii_alphabetic()).len();
    out.truncate(start + letters);
    if letters == 0 {
        out.push_str("user");
    }
}

/// Appends the row's number, or, of three names, to one a number below 100.
fn number(draw: &mut Draw, out: &mut String) {
    match draw.unique {
        Some(number) => convert::write_digits(number.shown(), out),
        None => {
            let number = draw.random.below(300);
            if number < 100 {
                convert::write_digits(number, out);
            }
        }
    }
}

/// Appends what an account is called: by the name that is given, or by a made-up one.
fn account(call: &mut Call<'_, '_>, separators: &[&str], out: &mut String) -> Result<(), Stop> {
    if !call.is_given(0) {
        local_part(call.draw(), separators, out);
        number(call.draw(), out);
        return Ok(());
    }
    let start = out.len();
    let between = separators.first().copied().unwrap_or_default();
    let name = call.text(0)?;
    for word in name.split(|character: char| !character.is_alphanumeric() && character != '\'') {
        let before = out.len();
        if before > start {
            out.push_str(between);
        }
        let letters = out.len();
        plain(word, out);
        if out.len() == letters {
            out.truncate(before);
        }
    }
    if out.len() == start {
        out.push_str("user");
    }
    // The name may end in digits, so the row's number is kept apart from them.
    if let Some(number) = call.draw().unique {
        out.push_str(between);
        convert::write_digits(number.shown(), out);
    }
    Ok(())
}

fn email(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    account(call, &[".", "_", "", "."], out)?;
    out.push('@');
    out.push_str(call.draw().pick(&DOMAINS));
    Ok(())
}

fn username(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    account(call, &["_", ".", ""], out)
}

fn password(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let length = call.count(0, 12, 1_000)?;
    for _ in 0..length {
        out.push(char::from(call.draw().pick(b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#%+-=?@_")));
    }
    Ok(())
}

fn domain(draw: &mut Draw, out: &mut String) {
    let start = out.len();
    plain(draw.pick(draw.lexicon.last_names), out);
    let letters = out[start..].trim_end_matches(|end: char| end.is_ascii_digit()).len();
    out.truncate(start + letters);
    if letters == 0 {
        out.push_str("host");
    }
    if let Some(number) = draw.unique {
        convert::write_digits(number.shown(), out);
    }
    out.push('.');
    out.push_str(draw.pick(&DOMAINS));
}

fn url(draw: &mut Draw, out: &mut String) {
    out.push_str("https://");
    out.push_str(draw.pick(&DOMAINS));
    out.push('/');
    let mut path = String::new();
    word(draw, &mut path);
    path.push(' ');
    word(draw, &mut path);
    slug_of(&path, out);
}

fn ipv4(draw: &mut Draw, out: &mut String) {
    let number = draw.below(1 << 24);
    for (between, shift) in [("10.", 16), (".", 8), (".", 0)] {
        out.push_str(between);
        convert::write_digits(number >> shift & 255, out);
    }
}

fn ipv6(draw: &mut Draw, out: &mut String) {
    let (network, host) = (draw.random.next_u64(), draw.below(u64::MAX));
    out.push_str("2001:db8");
    for group in [network >> 16, network, host >> 48, host >> 32, host >> 16, host] {
        // Writing to a text can't fail.
        _ = write!(out, ":{:x}", group & 0xFFFF);
    }
}

fn mac_address(draw: &mut Draw, out: &mut String) {
    let number = draw.below(1 << 40);
    out.push_str("02");
    for shift in [32, 24, 16, 8, 0] {
        out.push(':');
        convert::write_hex(&[(number >> shift) as u8], out);
    }
}

fn color_hex(draw: &mut Draw, out: &mut String) {
    let [_, color @ ..] = (draw.below(1 << 24) as u32).to_be_bytes();
    out.push('#');
    convert::write_hex(&color, out);
}

fn file_name(draw: &mut Draw, out: &mut String) {
    out.push_str(draw.pick(draw.lexicon.path_segments));
    if let Some(number) = draw.unique {
        out.push('-');
        convert::write_digits(number.shown(), out);
    }
    out.push('.');
    out.push_str(draw.pick(draw.lexicon.file_extensions));
}
