//! Frozen values. A failure here means that everybody's made-up data changes: bump with care, and say so in the changelog.

use sha2::{Digest, Sha256};

use super::*;

#[test]
fn first_rows_are_frozen() {
    let shown = |formula: &str, locale: &str, rows: &[String]| format!("{formula} in {locale}: {}", rows.join(" | "));
    let found: Vec<String> =
        GOLDEN.iter().map(|(formula, locale, _)| shown(formula, locale, &values(formula, locale, 2))).collect();
    let wanted: Vec<String> =
        GOLDEN.iter().map(|(formula, locale, rows)| shown(formula, locale, &rows.map(str::to_owned))).collect();
    assert_eq!(found, wanted);
}

const GOLDEN: &[(&str, &str, [&str; 2])] = &[
    ("unique(email())", "en_US", ["lcrona1@example.org", "ebrakus2@example.org"]),
    ("name()", "en_US", ["Lily Crona", "Erling Brakus"]),
    ("date('2024-01-01', now())", "en_US", ["2025-03-31", "2024-08-27"]),
    ("datetime('2024-01-01', now())", "en_US", ["2025-03-30 19:07:36+00:00", "2024-08-27 12:30:05+00:00"]),
    ("int(1, 1000000)", "en_US", ["622158", "327662"]),
    ("decimal(0, 1000)", "en_US", ["622.16", "327.66"]),
    ("float(0, 1)", "en_US", ["0.6221572343468106", "0.32766196675861714"]),
    ("uuid()", "en_US", ["9f45b24e-7d46-4ada-a818-4f63d64411cb", "53e1a797-5f0d-472d-9a58-79a27f6e7168"]),
    ("unique(int(1, 1000))", "en_US", ["256", "56"]),
    ("sentence(5)", "en_US", ["Dolorum sequi aut quidem omnis.", "Voluptas aut accusantium sint veritatis."]),
    ("company()", "en_US", ["Crona and Altenwerth LLC", "Brakus Inc"]),
    ("phone()", "en_US", ["1-206-764-6317", "(105) 097-0283"]),
    ("street_address()", "fr_FR", ["20 Venelle Mauger", "10 Cours Thomas"]),
    ("name()", "fr_FR", ["Lyam Briand", "Esther Blin"]),
    ("city()", "fr_FR", ["Briandville", "Armandville"]),
    ("name()", "ja_JP", ["森田 千晴", "岡田 優"]),
    ("unique(username())", "zh_CN", ["mguo1", "zxu2"]),
    ("pick('a', 'b', 'c')", "en_US", ["b", "a"]),
    ("weighted('a', 3, 'b', 1)", "en_US", ["a", "a"]),
];

/// A hundred rows of every function in every locale, as one hash a function.
#[test]
fn all_values_are_frozen() {
    let mut hashes = String::new();
    for info in list() {
        if ["ref", "env", "file", "file_bytes", "reference", "argon2", "bcrypt"].contains(&info.name) {
            continue;
        }
        let mut hash = Sha256::new();
        for locale in Locale::names() {
            for text in values(info.example, locale, 100) {
                hash.update(text);
                hash.update([0]);
            }
        }
        hashes.push_str(info.name);
        hashes.push(' ');
        crate::seed::formula::convert::write_hex(&hash.finalize()[..6], &mut hashes);
        hashes.push('\n');
    }
    let without = |one: &str, other: &str| -> Vec<String> {
        one.lines().filter(|line| !other.lines().any(|wanted| wanted == *line)).map(str::to_owned).collect()
    };
    assert_eq!(without(&hashes, HASHES), without(HASHES, &hashes), "found, and frozen");
}

const HASHES: &str = "\
name e6076fe597ba
first_name 16ebcfe88012
last_name a8c51624753d
name_with_title 1ac4070e56c3
name_title 9147302ae35b
name_suffix ea1b292d1cde
initials 8cc28decf784
email bd3fab6a6d3b
username cd18acff2528
password ee6abfd2bac6
domain f31ea1e3c985
url 22938bf490a7
ipv4 ada394df9054
ipv6 8a2f5e2d65b6
mac_address 6872706500cb
user_agent b4f1fe3ce80b
color_hex 3d3548285f0e
color_name 500f23327eb2
file_name 5ad63f335197
file_extension 7a1b9be18ad7
mime_type 2b17b9a2e669
http_method 8e05a322d02c
address 8837e196548f
street_address 9798fa63db54
street_name d7e3f6edd984
building_number 4af5bb1b626b
secondary_address 3cd170f7136a
city 3ebf7441e1e1
postcode f06954d821d7
state 86be35378d52
state_code 84d9d4fe7b43
country bf4a4f47d0dd
country_code 81980f7515c2
latitude 6dd0a788960b
longitude a4a1ea9b6ded
timezone 64d98a251f72
phone 5ae3b4071ee4
phone_e164 8e73efccb068
company bff12f023882
company_suffix 05634651b146
job_title 92ded500ee31
profession 014fa881e452
industry 47861a8da2fd
catch_phrase bd75b104e051
buzzword 7b3d5cd86f2e
product 88ba843ef19e
word f5e02d713caf
words 1e73c135a488
title b8b7509126c9
sentence a337e7716a41
sentences fcf60271c832
paragraph b448e2e21e54
paragraphs 61921f4aa9a2
text 0ad44338a8f3
slug fc51344d4758
pattern e9a8c7f37302
digits 2c2f1549b0ff
int 87a7122bfed4
decimal bb9b1f02b76c
float a7bb6bb4bdc0
bool 23a232d3a3f8
now add7a11319cb
today a361dacd2b36
date 7429f45a695e
datetime 41559272db19
time 9a8724fc269a
past 02821c3fabca
future f315a99d9a66
birthdate 3fb4715b4ef6
year 34c7c9b0fc29
month 6aa27e3da887
day 6aa27e3da887
unique cd18acff2528
seq 269411b38804
uuid de5627bc5c7b
token 582a6a5cfa56
random_bytes d0cbd447933e
sha256 a33e8ac8a0c8
currency_code 9b56c28522b4
currency_name a9975e105487
iban 2a67d93605ed
credit_card 3502ab2566a4
isbn 70a73c9ca83d
ean13 65e8b66dfd72
pick 92f89333abc5
weighted f269823d3d84
maybe 403d00054ad7
null 11bc2a1ff7d0
coalesce 5f674add71eb
nullif 15f0ba744b69
concat 9f444303578e
lower 7166046e9a37
upper bfad2b19b6aa
trim 7166046e9a37
substring 960d50c479e2
replace 134c4aac1feb
lpad d42e15820642
length c60de0f8788d
abs 2124df402035
round 04d475cab88b
hex 0040a1a3d8ad
from_base64 0040a1a3d8ad
bytes 2fbc9ad37800
timestamp e6d9c8145757
geopoint 3fe9e906bdeb
server_timestamp 98380508e6cf
";
