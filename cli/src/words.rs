//! English as far as names need it: the plural of a table's name, the words of a message.

/// The words of a message or name in lower case: `Add e-mail to BlogPost` is add, e, mail, to, blog, post.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut previous_lower = false;
    for character in text.chars() {
        if !character.is_alphanumeric() {
            open = false;
            continue;
        }
        let starts = !open || (previous_lower && character.is_uppercase());
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
        open = true;
        previous_lower = character.is_lowercase() || character.is_numeric();
    }
    words
}

/// The plural of the last word of a name in snake case: post, posts; category, categories; sales_person, sales_people.
pub fn plural(name: &str) -> String {
    let (front, last) = match name.rsplit_once('_') {
        Some((front, last)) => (format!("{front}_"), last),
        None => (String::new(), name),
    };
    format!("{front}{}", plural_word(last))
}

fn plural_word(word: &str) -> String {
    const IRREGULAR: &[(&str, &str)] = &[
        ("person", "people"),
        ("child", "children"),
        ("man", "men"),
        ("woman", "women"),
        ("foot", "feet"),
        ("tooth", "teeth"),
        ("goose", "geese"),
        ("mouse", "mice"),
        ("datum", "data"),
        ("medium", "media"),
        ("criterion", "criteria"),
        ("analysis", "analyses"),
        ("basis", "bases"),
        ("index", "indexes"),
        ("quiz", "quizzes"),
        ("hero", "heroes"),
        ("potato", "potatoes"),
        ("tomato", "tomatoes"),
        ("leaf", "leaves"),
        ("life", "lives"),
        ("wife", "wives"),
        ("knife", "knives"),
        ("half", "halves"),
        ("shelf", "shelves"),
        ("wolf", "wolves"),
    ];
    const SAME: &[&str] = &[
        "sheep",
        "fish",
        "deer",
        "species",
        "series",
        "news",
        "equipment",
        "information",
        "money",
        "metadata",
        "staff",
        "feedback",
        "software",
        "hardware",
    ];
    if SAME.contains(&word) || IRREGULAR.iter().any(|(_, plural)| *plural == word) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    let vowel_before =
        |ending: &str| word.strip_suffix(ending).is_some_and(|stem| stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if word.ends_with('y') && !vowel_before("y") {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if ["ss", "us", "x", "z", "ch", "sh", "is"].iter().any(|ending| word.ends_with(ending)) {
        return format!("{word}es");
    }
    // What ends with an s otherwise is taken for a plural already: posts, users.
    if word.ends_with('s') { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_the_plural_that_a_table_has() {
        for (singular, expected) in [
            ("post", "posts"),
            ("posts", "posts"),
            ("category", "categories"),
            ("categories", "categories"),
            ("day", "days"),
            ("person", "people"),
            ("people", "people"),
            ("sales_person", "sales_people"),
            ("box", "boxes"),
            ("status", "statuses"),
            ("address", "addresses"),
            ("addresses", "addresses"),
            ("branch", "branches"),
            ("child", "children"),
            ("series", "series"),
            ("news", "news"),
            ("photo", "photos"),
            ("hero", "heroes"),
            ("blog_post", "blog_posts"),
            ("invoice_data", "invoice_data"),
        ] {
            assert_eq!(plural(singular), expected);
        }
    }

    #[test]
    fn a_message_is_cut_into_words() {
        assert_eq!(words("Create Posts-table!"), ["create", "posts", "table"]);
        assert_eq!(words("BlogPost"), ["blog", "post"]);
        assert_eq!(words("add_email2 to  users"), ["add", "email2", "to", "users"]);
        assert_eq!(words("HTTPLog"), ["httplog"]);
        assert_eq!(words("  !"), Vec::<String>::new());
        assert_eq!(words("größe Ändern"), ["größe", "ändern"]);
    }
}
