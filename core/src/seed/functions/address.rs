//! Places.

use super::call::{Call, Stop};
use super::definition::{Definition, Group, Unique};
use super::draw::Draw;
use super::names::{fill, first_name, last_name};
use crate::seed::formula::types::Type;
use crate::value::{Decimal, Value};

pub(super) static GROUP: Group = Group {
    name: "addresses",
    functions: &[
        Definition::words("address", "address()", "street, number, postcode and city", address),
        Definition::words("street_address", "street_address()", "a street with a number", street_address),
        Definition::words("street_name", "street_name()", "a street", street_name),
        Definition::words("building_number", "building_number()", "the number of a house", building_number)
            .unique(Unique::Suffix("-")),
        Definition::words("secondary_address", "secondary_address()", "a flat in a house", secondary_address),
        Definition::words("city", "city()", "a city", city),
        Definition::words("postcode", "postcode()", "a postcode", |draw, out| {
            draw.one_format(draw.lexicon.postcode_formats, out);
        })
        .unique(Unique::Own),
        Definition::list("state", "state()", "a state, region or province", |words| words.states),
        Definition::list("state_code", "state_code()", "the abbreviation of a state", |words| words.state_codes),
        Definition::list("country", "country()", "a country", |words| words.countries),
        Definition::list("country_code", "country_code()", "a country's code of two letters", |words| {
            words.country_codes
        }),
        Definition::value("latitude", "latitude()", "degrees from -90 to 90, to six digits", Type::Decimal, latitude),
        Definition::value(
            "longitude",
            "longitude()",
            "degrees from -180 to 180, to six digits",
            Type::Decimal,
            longitude,
        ),
        Definition::list("timezone", "timezone()", "a time zone, such as Europe/Paris", |words| words.time_zones),
        Definition::words("phone", "phone()", "a phone number", |draw, out| {
            draw.one_format(draw.lexicon.mobile_formats, out);
        })
        .unique(Unique::Own),
        Definition::words(
            "phone_e164",
            "phone_e164()",
            "a phone number of digits alone, such as +15552345678",
            |draw, out| {
                draw.format("+1555#######", out);
            },
        )
        .unique(Unique::Own),
    ],
};

/// Where a house's number stands before its street.
const NUMBER_FIRST: [&str; 4] = ["en_US", "cy_GB", "fr_FR", "ar_SA"];

fn street_address(draw: &mut Draw, out: &mut String) {
    if NUMBER_FIRST.contains(&draw.lexicon.name) {
        building_number(draw, out);
        out.push(' ');
        street_name(draw, out);
    } else {
        street_name(draw, out);
        out.push(' ');
        building_number(draw, out);
    }
}

fn address(draw: &mut Draw, out: &mut String) {
    street_address(draw, out);
    out.push_str(", ");
    let unique = draw.unique.take();
    draw.one_format(draw.lexicon.postcode_formats, out);
    draw.unique = unique;
    out.push(' ');
    city(draw, out);
}

fn building_number(draw: &mut Draw, out: &mut String) {
    let format = draw.pick(draw.lexicon.building_formats);
    let unique = draw.unique.take();
    draw.format(&format.replacen('#', "^", 1), out);
    draw.unique = unique;
}

fn street_name(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.street_template, out, |key, out| match key {
        "StreetName" if draw.random.below(2) == 0 => first_name(draw, out),
        "StreetName" => last_name(draw, out),
        _ => out.push_str(draw.pick(draw.lexicon.street_suffixes)),
    });
}

fn secondary_address(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.secondary_address_template, out, |key, out| match key {
        "Number" => crate::seed::formula::convert::write_digits(1 + draw.random.below(99), out),
        _ => out.push_str(draw.pick(draw.lexicon.secondary_address_types)),
    });
}

fn city(draw: &mut Draw, out: &mut String) {
    let style = draw.random.below(5);
    let template = if style == 0 { draw.lexicon.prefixed_city_template } else { draw.lexicon.city_template };
    fill(template, out, |key, out| match key {
        "CityName" if style == 1 => first_name(draw, out),
        "CityName" => last_name(draw, out),
        "CityPrefix" => out.push_str(draw.pick(draw.lexicon.city_prefixes)),
        _ => out.push_str(draw.pick(draw.lexicon.city_suffixes)),
    });
}

fn degrees(call: &mut Call<'_, '_>, most: i64) -> Result<Value, Stop> {
    let millionths = call.draw().random.between(-most * 1_000_000, most * 1_000_000);
    Ok(Decimal::new(i128::from(millionths), 6).map_or(Value::Null, Value::Decimal))
}

fn latitude(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    degrees(call, 90)
}

fn longitude(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    degrees(call, 180)
}
