//! A flavour's lexing rules are part of checksum scheme 1: these values MUST NOT change, for the history of every
//! database holds such values. Other rules need another scheme.

use fastman_core::flavour::Flavour;
use fastman_core::sql::checksum::Checksum;

/// Every construct that some engine lexes in its own way; each by itself, so that none hides another.
const TEXTS: [&str; 18] = [
    r"'a\'b' -- c'",
    r#""a\"b" -- c""#,
    "`a b` 'c'",
    "[a b] 'c'",
    r"E'a\'b' -- c'",
    "$a$ b;$c$ -- $a$ d",
    "q'[a'b]' -- c'",
    "nq'!a'b!' -- c'",
    r#"U&"a" U&'b' N'c' X'00' B'1'"#,
    "1--1 -- a\n2",
    "1 # a\n2",
    "/* a /* b */ c */ d",
    "/*! a /* b */ c */ d",
    "/*M! a */ b /*+ c */",
    "1 --+ a\n2",
    "a#b c$d @@e $1",
    "1..2 .5 1e-3 0x1F 2fa",
    "a <=> b ->> c !~~* d != e ^= f == g @> h ?| i ** j := k => l",
];

#[test]
fn every_flavour_lexes_as_it_did_when_it_was_released() {
    let frozen = [
        ("sqlite", "652f6667d4afdef78b9149171643d8d8b6247fc063ad78a579fd37074d82bd6f"),
        ("postgres", "b57d7fdb361d22ccf7d843644e3b437944bad9a0327d12d205eab106e1784b4f"),
        ("mysql", "061f1df70a887fac7af9e61c19acc4f2c8e000f21cd0b94f1a14c2d238f64b08"),
        ("mariadb", "061f1df70a887fac7af9e61c19acc4f2c8e000f21cd0b94f1a14c2d238f64b08"),
        ("oracle", "339829b42d0989ef3cd2b46554ea02ebc4fb2c5e7dd762af59a75d82e7843b9e"),
    ];
    for flavour in fastman_flavours::ALL.iter() {
        let expected = frozen.iter().find(|(name, _)| *name == flavour.name).map(|(_, checksum)| *checksum);
        assert_eq!(Some(checksum(flavour).as_str()), expected, "{}", flavour.name);
    }
}

fn checksum(flavour: &Flavour) -> String {
    let mut checksum = Checksum::new();
    for text in TEXTS {
        checksum.part(b't', text, 0..text.len(), &flavour.lexical);
    }
    checksum.finish()
}
