//! Locales: the word lists of crate `fake`, one set a language and country.

use fake::locales::{
    AR_SA, CY_GB, DE_DE, Data, EN, FA_IR, FR_FR, IT_IT, JA_JP, NL_NL, PT_BR, PT_PT, TR_TR, ZH_CN, ZH_TW,
};

type Words = &'static [&'static str];

/// The word lists of a locale. Where crate `fake` has none for it, the English ones stand in.
#[derive(Debug)]
pub(crate) struct Lexicon {
    pub name: &'static str,
    pub words: Words,
    pub first_names: Words,
    pub last_names: Words,
    pub titles: Words,
    pub suffixes: Words,
    pub name_template: &'static str,
    pub titled_name_template: &'static str,
    pub job_seniorities: Words,
    pub job_fields: Words,
    pub job_positions: Words,
    pub job_template: &'static str,
    pub city_prefixes: Words,
    pub city_suffixes: Words,
    pub city_template: &'static str,
    pub prefixed_city_template: &'static str,
    pub countries: Words,
    pub country_codes: Words,
    pub street_suffixes: Words,
    pub street_template: &'static str,
    pub secondary_address_types: Words,
    pub secondary_address_template: &'static str,
    pub time_zones: Words,
    pub states: Words,
    pub state_codes: Words,
    pub building_formats: Words,
    pub postcode_formats: Words,
    pub company_suffixes: Words,
    pub company_templates: Words,
    pub catch_phrase_heads: Words,
    pub catch_phrase_middles: Words,
    pub catch_phrase_tails: Words,
    pub catch_phrase_template: &'static str,
    pub industries: Words,
    pub professions: Words,
    pub mobile_formats: Words,
    pub user_agents: Words,
    pub currency_codes: Words,
    pub currency_names: Words,
    pub path_segments: Words,
    pub file_extensions: Words,
}

impl Lexicon {
    const fn of<L: Data>(name: &'static str, postcode_formats: Words) -> Lexicon {
        Lexicon {
            name,
            words: L::LOREM_WORD,
            first_names: L::NAME_FIRST_NAME,
            last_names: L::NAME_LAST_NAME,
            titles: L::NAME_TITLE,
            suffixes: L::NAME_SUFFIX,
            name_template: L::NAME_TPL,
            titled_name_template: L::NAME_WITH_TITLE_TPL,
            job_seniorities: L::JOB_SENIORITY,
            job_fields: L::JOB_FIELD,
            job_positions: L::JOB_POSITION,
            job_template: L::JOB_TITLE_TPL,
            city_prefixes: L::ADDRESS_CITY_PREFIX,
            city_suffixes: L::ADDRESS_CITY_SUFFIX,
            city_template: L::ADDRESS_CITY_TPL,
            prefixed_city_template: L::ADDRESS_CITY_WITH_PREFIX_TPL,
            countries: L::ADDRESS_COUNTRY,
            country_codes: L::ADDRESS_COUNTRY_CODE,
            street_suffixes: L::ADDRESS_STREET_SUFFIX,
            street_template: L::ADDRESS_STREET_TPL,
            secondary_address_types: L::ADDRESS_SECONDARY_ADDR_TYPE,
            secondary_address_template: L::ADDRESS_SECONDARY_ADDR_TPL,
            time_zones: L::ADDRESS_TIME_ZONE,
            states: L::ADDRESS_STATE,
            state_codes: L::ADDRESS_STATE_ABBR,
            building_formats: L::ADDRESS_BUILDING_NUMBER_FORMATS,
            postcode_formats,
            company_suffixes: L::COMPANY_SUFFIX,
            company_templates: L::COMPANY_NAME_TPLS,
            catch_phrase_heads: L::COMPANY_BUZZWORD_HEAD,
            catch_phrase_middles: L::COMPANY_BUZZWORD_MIDDLE,
            catch_phrase_tails: L::COMPANY_BUZZWORD_TAIL,
            catch_phrase_template: L::COMPANY_CATCH_PHASE_TPL,
            industries: L::COMPANY_INDUSTRY,
            professions: L::COMPANY_PROFESSION,
            mobile_formats: L::PHONE_CELL_NUMBER_FORMATS,
            user_agents: L::INTERNET_USER_AGENT,
            currency_codes: L::CURRENCY_CODE,
            currency_names: L::CURRENCY_NAME,
            path_segments: L::PATH_SEGMENTS,
            file_extensions: L::PATH_EXTENSIONS,
        }
    }
}

/// Numbers of houses, for the locales to which crate `fake` gives the American ones of up to five digits.
const HOUSES: Words = &["#", "##", "##", "###"];

/// The locales. Postcodes, phone numbers and a few parts of addresses are our own where `fake` would give American ones.
static LEXICONS: [Lexicon; 14] = [
    Lexicon::of::<EN>("en_US", &["#####"]),
    Lexicon { mobile_formats: &["+966 5# ### ####"], ..Lexicon::of::<AR_SA>("ar_SA", AR_SA::ADDRESS_POSTCODE_FORMATS) },
    Lexicon { building_formats: HOUSES, ..Lexicon::of::<CY_GB>("cy_GB", &["$$# #$$", "$$## #$$"]) },
    Lexicon {
        building_formats: HOUSES,
        street_template: "{StreetName}{StreetSuffix}",
        company_templates: &["{Name_1} {Suffix}", "{Name_1} & {Name_2} {Suffix}"],
        mobile_formats: &["+49 151 ########", "+49 160 ########", "+49 171 #######"],
        time_zones: &["Europe/Berlin"],
        ..Lexicon::of::<DE_DE>("de_DE", DE_DE::ADDRESS_ZIP_FORMATS)
    },
    Lexicon::of::<FA_IR>("fa_IR", FA_IR::ADDRESS_POSTCODE_FORMATS),
    Lexicon {
        building_formats: HOUSES,
        city_prefixes: &["Saint", "Sainte"],
        city_suffixes: &["ville", "bourg", "-sur-Mer", "-les-Bains", "-le-Grand", "-en-Plaine"],
        city_template: "{CityName}{CitySuffix}",
        prefixed_city_template: "{CityPrefix}-{CityName}",
        company_suffixes: &["SARL", "SAS", "SA", "et Fils", "et Cie"],
        company_templates: &["{Name_1} {Suffix}", "{Name_1} et {Name_2} {Suffix}"],
        secondary_address_types: &["Apt.", "Bât.", "Étage"],
        states: FRENCH_REGIONS,
        state_codes: &["ARA", "BFC", "BRE", "CVL", "COR", "GES", "HDF", "IDF", "NOR", "NAQ", "OCC", "PDL", "PAC"],
        ..Lexicon::of::<FR_FR>("fr_FR", FR_FR::ADDRESS_POSTCODE_FORMATS)
    },
    Lexicon::of::<IT_IT>("it_IT", IT_IT::ADDRESS_POSTCODE_FORMATS),
    Lexicon { building_formats: HOUSES, ..Lexicon::of::<JA_JP>("ja_JP", &["###-####"]) },
    Lexicon {
        building_formats: HOUSES,
        street_template: "{StreetName}{StreetSuffix}",
        ..Lexicon::of::<NL_NL>("nl_NL", NL_NL::ADDRESS_POSTCODE_FORMATS)
    },
    Lexicon { building_formats: HOUSES, ..Lexicon::of::<PT_BR>("pt_BR", PT_BR::ADDRESS_POSTCODE_FORMATS) },
    Lexicon::of::<PT_PT>("pt_PT", PT_PT::ADDRESS_POSTCODE_FORMATS),
    Lexicon::of::<TR_TR>("tr_TR", TR_TR::ADDRESS_POSTCODE_FORMATS),
    Lexicon {
        building_formats: HOUSES,
        mobile_formats: &["13#########", "15#########", "18#########"],
        ..Lexicon::of::<ZH_CN>("zh_CN", ZH_CN::ADDRESS_POSTCODE_FORMATS)
    },
    Lexicon {
        building_formats: HOUSES,
        mobile_formats: &["09## ### ###"],
        ..Lexicon::of::<ZH_TW>("zh_TW", &["###", "######"])
    },
];

const FRENCH_REGIONS: Words = &[
    "Auvergne-Rhône-Alpes",
    "Bourgogne-Franche-Comté",
    "Bretagne",
    "Centre-Val de Loire",
    "Corse",
    "Grand Est",
    "Hauts-de-France",
    "Île-de-France",
    "Normandie",
    "Nouvelle-Aquitaine",
    "Occitanie",
    "Pays de la Loire",
    "Provence-Alpes-Côte d’Azur",
];

/// A language and country whose names, addresses and words made-up values take.
#[derive(Clone, Copy, Debug)]
pub struct Locale(&'static Lexicon);

impl Locale {
    /// The locale of that name: `fr_FR`; `fr-FR` and `fr` mean the same.
    pub fn named(name: &str) -> Option<Locale> {
        let name = name.replace('-', "_");
        let exact = |lexicon: &&Lexicon| lexicon.name.eq_ignore_ascii_case(&name);
        let language = |lexicon: &&Lexicon| lexicon.name[..2].eq_ignore_ascii_case(&name);
        LEXICONS.iter().find(exact).or_else(|| LEXICONS.iter().find(language)).map(Locale)
    }

    /// The names of all locales, English first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        LEXICONS.iter().map(|lexicon| lexicon.name)
    }

    /// Its name: `fr_FR`.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    pub(crate) fn lexicon(&self) -> &'static Lexicon {
        self.0
    }
}

impl Default for Locale {
    fn default() -> Locale {
        Locale(&LEXICONS[0])
    }
}

impl PartialEq for Locale {
    fn eq(&self, other: &Locale) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Locale {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_found_by_its_name_its_language_and_with_a_hyphen() {
        for name in ["fr_FR", "fr-FR", "fr_fr", "fr"] {
            assert_eq!(Locale::named(name).unwrap().name(), "fr_FR");
        }
        assert_eq!(Locale::named("en").unwrap(), Locale::default());
        assert_eq!(Locale::named("xx_XX"), None);
        assert_eq!(Locale::names().count(), 14);
    }
}
