//! Companies and work.

use super::definition::{Definition, Group};
use super::draw::Draw;
use super::names::{fill, last_name};

pub(super) static GROUP: Group = Group {
    name: "companies",
    functions: &[
        Definition::words("company", "company()", "a company", company),
        Definition::list("company_suffix", "company_suffix()", "a company's legal form", |words| {
            words.company_suffixes
        }),
        Definition::words("job_title", "job_title()", "somebody's position", job_title),
        Definition::list("profession", "profession()", "a profession", |words| words.professions),
        Definition::list("industry", "industry()", "a branch of industry", |words| words.industries),
        Definition::words("catch_phrase", "catch_phrase()", "what a company claims to sell", catch_phrase),
        Definition::list("buzzword", "buzzword()", "a word of such a claim", |words| words.catch_phrase_middles),
        Definition::words("product", "product()", "something that a shop sells", product),
    ],
};

const QUALITIES: &[&str] = &[
    "Awesome",
    "Compact",
    "Durable",
    "Elegant",
    "Ergonomic",
    "Everyday",
    "Fantastic",
    "Foldable",
    "Generic",
    "Gorgeous",
    "Handcrafted",
    "Handmade",
    "Incredible",
    "Intelligent",
    "Licensed",
    "Lightweight",
    "Practical",
    "Recycled",
    "Refined",
    "Rustic",
    "Sleek",
    "Small",
    "Sturdy",
    "Tasty",
    "Unbranded",
    "Vintage",
];
const MATERIALS: &[&str] = &[
    "Aluminium",
    "Bamboo",
    "Bronze",
    "Ceramic",
    "Concrete",
    "Copper",
    "Cork",
    "Cotton",
    "Glass",
    "Granite",
    "Leather",
    "Linen",
    "Marble",
    "Paper",
    "Plastic",
    "Rubber",
    "Silk",
    "Steel",
    "Wooden",
    "Woollen",
];
const THINGS: &[&str] = &[
    "Bag", "Ball", "Bench", "Bike", "Bottle", "Bowl", "Car", "Chair", "Clock", "Computer", "Cup", "Gloves", "Hat",
    "Keyboard", "Knife", "Lamp", "Mouse", "Pants", "Pen", "Shelf", "Shirt", "Shoes", "Sofa", "Table", "Towels", "Tray",
    "Vase", "Wallet", "Watch",
];

fn product(draw: &mut Draw, out: &mut String) {
    for (between, words) in [("", QUALITIES), (" ", MATERIALS), (" ", THINGS)] {
        out.push_str(between);
        out.push_str(draw.pick(words));
    }
}

fn company(draw: &mut Draw, out: &mut String) {
    fill(draw.pick(draw.lexicon.company_templates), out, |key, out| match key {
        "Suffix" => out.push_str(draw.pick(draw.lexicon.company_suffixes)),
        _ => last_name(draw, out),
    });
}

fn job_title(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.job_template, out, |key, out| {
        out.push_str(draw.pick(match key {
            "Seniority" => draw.lexicon.job_seniorities,
            "Field" => draw.lexicon.job_fields,
            _ => draw.lexicon.job_positions,
        }));
    });
}

fn catch_phrase(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.catch_phrase_template, out, |key, out| {
        out.push_str(draw.pick(match key {
            "Head" => draw.lexicon.catch_phrase_heads,
            "Middle" => draw.lexicon.catch_phrase_middles,
            _ => draw.lexicon.catch_phrase_tails,
        }));
    });
}
