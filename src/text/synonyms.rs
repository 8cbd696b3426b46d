//! Synonyms: other names of the same thing, long and short ones, which a query finds as well.
//!
//! The built-in list is `data/synonyms.toml`. Queries alone are touched: no index has to be made again for another list.

use std::{collections::HashMap, ops::Range, sync::Arc};

use serde::Deserialize;

use super::{fold::searchable, segment::Segmenter};

const LIST: &[u8] = include_bytes!("data/synonyms.toml");

/// The most letters and digits of a name.
const MOST_CHARACTERS: usize = 64;
/// The most names of one thing: each that a query has costs it a phrase for each of the others.
const MOST_NAMES: usize = 16;
/// The most names that are found in one text, for the same reason.
const MOST_FOUND: usize = 32;
/// The most characters of a version.
const MOST_VERSION_CHARACTERS: usize = 64;

/// Names of the same things. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Synonyms(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    version: String,
    fingerprint: String,
    /// Each thing's names, folded.
    groups: Vec<Vec<String>>,
    /// Which thing a name is of.
    things: HashMap<String, usize>,
    /// The most characters of a name.
    longest: usize,
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// Which of the text's words it is, as [`Segmenter::query_words`] cuts them.
    pub words: Range<usize>,
    /// Its folded letters and digits.
    pub written: String,
    /// Those of the other names of the same thing, in the order of the list.
    pub others: Vec<String>,
}

/// Why a list of synonyms cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SynonymsError {
    /// It is in another encoding.
    #[error("is not UTF-8; save the file as UTF-8")]
    Encoding,
    /// It is no TOML, or has other keys.
    #[error("is not a list of synonyms: {0}")]
    Form(String),
    /// There is no version, or one that nobody can show.
    #[error("has no usable `version`; write 1 to {MOST_VERSION_CHARACTERS} characters, and others with each change")]
    Version,
    /// A thing with a single name, or very many.
    #[error("has a group of {names} names, `{first}` first; write 2 to {MOST_NAMES}")]
    Names {
        /// How many.
        names: usize,
        /// The first of them; empty when there is none.
        first: String,
    },
    /// A name that no query can have.
    #[error("has the name `{name}` with {characters} letters and digits; write 1 to {MOST_CHARACTERS}")]
    Name {
        /// The name.
        name: String,
        /// Its letters and digits.
        characters: usize,
    },
    /// A name that stands twice.
    #[error("has the name `{0}` twice; names of one thing stand in one group")]
    Twice(String),
}

/// The list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    groups: Vec<Vec<String>>,
}

impl Default for Synonyms {
    /// The built-in list.
    fn default() -> Self {
        Self::parse(LIST).expect("our own list is sound: tested")
    }
}

impl Synonyms {
    /// Reads a list: TOML with a `version` and `groups` of names.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn parse(file: &[u8]) -> Result<Self, SynonymsError> {
        let text = std::str::from_utf8(file).map_err(|_| SynonymsError::Encoding)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text); // Windows editors write one.
        let written: Result<Written, _> = toml::from_str(text);
        let Written { version, groups } =
            written.map_err(|error| SynonymsError::Form(error.to_string().trim_end().to_owned()))?;
        if version.trim().is_empty() || version.chars().count() > MOST_VERSION_CHARACTERS {
            return Err(SynonymsError::Version);
        }
        let mut things = HashMap::new();
        let mut folded = Vec::with_capacity(groups.len());
        for names in groups {
            if !(2..=MOST_NAMES).contains(&names.len()) {
                let first = names.first().cloned().unwrap_or_default();
                return Err(SynonymsError::Names { names: names.len(), first });
            }
            let mut group = Vec::with_capacity(names.len());
            for name in names {
                let characters = searchable(&name);
                let count = characters.chars().count();
                if !(1..=MOST_CHARACTERS).contains(&count) {
                    return Err(SynonymsError::Name { name, characters: count });
                }
                if things.insert(characters.clone(), folded.len()).is_some() {
                    return Err(SynonymsError::Twice(name));
                }
                group.push(characters);
            }
            folded.push(group);
        }
        let longest = things.keys().map(|name: &String| name.chars().count()).max().unwrap_or(0);
        let fingerprint = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
        Ok(Self(Arc::new(Shared { version, fingerprint, groups: folded, things, longest })))
    }

    /// What the list calls its version.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Names what stands in the list: equal names, equal lists.
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// The names in a query's text, the first 32, none overlapping; the longest where several begin at one word. Names
    /// begin and end where words do.
    pub fn find(&self, text: &str, segmenter: &Segmenter) -> Vec<Synonym> {
        let words = segmenter.query_words(text);
        let mut found = Vec::new();
        let mut first = 0;
        while first < words.len() && found.len() < MOST_FOUND {
            let (mut name, mut characters, mut longest) = (String::new(), 0, None);
            for (index, word) in words.iter().enumerate().skip(first) {
                name.push_str(&word.characters);
                characters += word.characters.chars().count();
                if characters > self.0.longest {
                    break;
                }
                if let Some(&thing) = self.0.things.get(&name) {
                    longest = Some((index + 1, name.clone(), thing));
                }
            }
            match longest {
                Some((end, written, thing)) => {
                    let others = self.0.groups[thing].iter().filter(|other| **other != written).cloned().collect();
                    found.push(Synonym { words: first..end, written, others });
                    first = end;
                }
                None => first += 1,
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(groups: &str) -> Result<Synonyms, SynonymsError> {
        Synonyms::parse(format!("version = \"t\"\ngroups = [{groups}]").as_bytes())
    }

    #[track_caller]
    fn check(groups: &str, text: &str, expected: &[&str]) {
        static SEGMENTER: std::sync::LazyLock<Segmenter> = std::sync::LazyLock::new(Segmenter::new);
        let found = list(groups).unwrap().find(text, &SEGMENTER);
        let shown =
            |Synonym { words, written, others }: &Synonym| format!("{words:?} {written} = {}", others.join(" "));
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn names_are_found_where_words_begin_and_end() {
        let groups = r#"["云溪市发展和改革委员会", "云溪市發改委"], ["人才", "英才"], ["才能", "本领"], ["GDP", "国内生产总值"]"#;
        check(groups, "云溪市发展和改革委员会的职责", &["0..5 云溪市发展和改革委员会 = 云溪市发改委"]);
        check(groups, "雲溪市發改委 人才", &["0..2 云溪市发改委 = 云溪市发展和改革委员会", "2..3 人才 = 英才"]);
        check(groups, "个人才能", &["1..2 才能 = 本领"]);
        check(groups, "ｇｄｐ增长", &["0..1 gdp = 国内生产总值"]);
        check(groups, "干部教育", &[]);
        check(r#"["干部", "官员"], ["干部教育", "官员培训"]"#, "干部教育", &["0..2 干部教育 = 官员培训"]);
        let many: Vec<_> = (0..32).map(|word| format!("{word}..{} 干部 = 官员", word + 1)).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        check(r#"["干部", "官员"]"#, &"干部 ".repeat(40), &many);
    }

    #[test]
    fn lists_that_make_no_sense_are_refused() {
        let check = |groups: &str, part: &str| {
            let message = list(groups).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        check(r#"["干部"]"#, "a group of 1 names, `干部` first; write 2 to 16");
        check("[]", "a group of 0 names");
        check(r#"["干部", "，"]"#, "the name `，` with 0 letters");
        check(r#"["干部", "官员"], ["幹部", "人员"]"#, "the name `幹部` twice");
        check(r#"["干部", 5]"#, "not a list of synonyms");
        for file in ["", "groups = []", "version = \"\"\ngroups = []", "version = \"1\"\ngroups = []\nother = 1"] {
            Synonyms::parse(file.as_bytes()).unwrap_err();
        }
        assert_eq!(Synonyms::parse(b"\xFF").unwrap_err(), SynonymsError::Encoding);
    }

    #[test]
    fn the_built_in_list_is_sound_and_other_lists_have_other_fingerprints() {
        let ours = Synonyms::default();
        assert!(!ours.version().is_empty());
        assert_ne!(ours.fingerprint(), list("").unwrap().fingerprint());
    }
}
