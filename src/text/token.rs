//! What an index takes of a text, with where it stands and who knows it.

use std::fmt;
use std::ops::Range;

/// One term of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The term as an index has it; never empty. Folded letters and digits, but for numerals, see
    /// [`normalised`](super::normalised).
    pub characters: String,
    /// The bytes of the text that it is made of, on character boundaries. Marks and line breaks that it skips are in it.
    pub range: Range<usize>,
    /// Who knows it.
    pub dictionary: Dictionary,
}

/// Why something is a term: the first of these that knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dictionary {
    /// A numeral, in the spelling that all of its spellings share.
    Numeral,
    /// What stands between quotation marks and is no word.
    Quoted,
    /// The operator's dictionary.
    User,
    /// Our list of official language.
    Official,
    /// The dictionary that comes with the program.
    BuiltIn,
    /// None: a run of letters or digits, or a character that no dictionary has.
    None,
}

impl fmt::Display for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Numeral => "NUMERAL",
            Self::Quoted => "QUOTED",
            Self::User => "USER",
            Self::Official => "OFFICIAL",
            Self::BuiltIn => "BUILT_IN",
            Self::None => "NONE",
        })
    }
}
