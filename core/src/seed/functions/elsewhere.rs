//! What other generators of made-up values (Faker for Python, PHP and JavaScript) call what is called otherwise here, for
//! the help of an unknown function.

/// Their name in small letters without underscores, and how the same is written here.
const NAMES: &[(&str, &str)] = &[
    ("ascii", "pattern('????')"),
    ("bankaccount", "iban()"),
    ("between", "int(low, high)"),
    ("boolean", "bool()"),
    ("bothify", "pattern('##??')"),
    ("bs", "catch_phrase()"),
    ("buildingname", "building_number()"),
    ("catchphrase", "catch_phrase()"),
    ("choice", "pick(value, ...)"),
    ("choose", "pick(value, ...)"),
    ("colorname", "color_name()"),
    ("companyemail", "email()"),
    ("creditcardnumber", "credit_card()"),
    ("curdate", "today()"),
    ("datebetween", "date(low, high)"),
    ("dateobject", "date()"),
    ("dateofbirth", "birthdate()"),
    ("datethisyear", "date('2024-01-01', now())"),
    ("datetimebetween", "datetime(low, high)"),
    ("datetimethisyear", "datetime('2024-01-01', now())"),
    ("domainname", "domain()"),
    ("ean", "ean13()"),
    ("fileextension", "file_extension()"),
    ("foreign", "ref(table.column, other = value)"),
    ("freeemail", "email()"),
    ("fullname", "name()"),
    ("genrandomuuid", "uuid()"),
    ("getdate", "now()"),
    ("getenv", "env(name)"),
    ("guid", "uuid()"),
    ("hash", "bcrypt(password)"),
    ("hexcolor", "color_hex()"),
    ("hostname", "domain()"),
    ("ifnull", "coalesce(value, ...)"),
    ("increment", "seq()"),
    ("integer", "int(low, high)"),
    ("isbn13", "isbn()"),
    ("job", "job_title()"),
    ("lcase", "lower(text)"),
    ("len", "length(text)"),
    ("lexify", "pattern('????')"),
    ("lookup", "ref(table.column, other = value)"),
    ("lorem", "text()"),
    ("md5", "token(32)"),
    ("mobile", "phone()"),
    ("mobilenumber", "phone()"),
    ("msisdn", "phone_e164()"),
    ("number", "int(low, high)"),
    ("numberbetween", "int(low, high)"),
    ("numerify", "pattern('###')"),
    ("nvl", "coalesce(value, ...)"),
    ("oneof", "pick(value, ...)"),
    ("optional", "maybe(value, 0.5)"),
    ("passwordhash", "bcrypt(password)"),
    ("phonenumber", "phone()"),
    ("postalcode", "postcode()"),
    ("price", "decimal(1, 100, 2)"),
    ("pydecimal", "decimal(low, high, digits)"),
    ("pyfloat", "float(low, high)"),
    ("pyint", "int(low, high)"),
    ("rand", "float(0, 1)"),
    ("randint", "int(low, high)"),
    ("random", "float(0, 1)"),
    ("randomchoice", "pick(value, ...)"),
    ("randomdigit", "int(0, 9)"),
    ("randomelement", "pick(value, ...)"),
    ("randomfloat", "float(low, high)"),
    ("randomint", "int(low, high)"),
    ("randomnumber", "int(low, high)"),
    ("realtext", "text(200)"),
    ("rgbcolor", "color_hex()"),
    ("safecolorname", "color_name()"),
    ("safeemail", "email()"),
    ("sequence", "seq()"),
    ("sha1", "token(40)"),
    ("stateabbr", "state_code()"),
    ("string", "token(32)"),
    ("substr", "substring(text, start, length)"),
    ("surname", "last_name()"),
    ("swiftbicnumber", "pattern('????????')"),
    ("sysdate", "now()"),
    ("timestampnow", "now()"),
    ("ucase", "upper(text)"),
    ("uuid4", "uuid()"),
    ("uuidv4", "uuid()"),
    ("zip", "postcode()"),
    ("zipcode", "postcode()"),
];

/// How what is called so elsewhere is written here.
pub(crate) fn here(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(|&character| character != '_').collect();
    NAMES.iter().find(|(elsewhere, _)| *elsewhere == plain).map(|(_, here)| *here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_a_function_that_is_there_and_no_question_is() {
        for (elsewhere, here) in NAMES {
            let (name, _) = here.split_once('(').unwrap();
            assert!(super::super::find(name).is_some() || name == "ref", "{here}");
            assert!(super::super::find(elsewhere).is_none(), "{elsewhere}");
            assert_eq!(super::here(elsewhere), Some(*here));
        }
    }
}
