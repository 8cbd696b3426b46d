//! The literal law, written down once more: nothing here calls the service's own fold.

use std::collections::HashMap;

/// The fold table as it is checked in: from, to, both again for the reader, rules.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/text/data/fold.txt"));

/// The rules that change how a character looks, not which one it is: width, case and compatibility forms.
const SHAPES: [&str; 3] = ["nfkc", "lower", "nfkc+lower"];

/// What counts in a text, and which characters are the same.
pub(crate) struct Law {
    folded: HashMap<char, char>,
    /// For a folded character, the others that become it: of other scripts and regions.
    scripts: HashMap<char, Vec<char>>,
    /// The same: of other width, case or shape.
    shapes: HashMap<char, Vec<char>>,
}

impl Law {
    /// Reads the fold table.
    pub(crate) fn read() -> Self {
        let mut law = Self { folded: HashMap::new(), scripts: HashMap::new(), shapes: HashMap::new() };
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [from, to, _, rule] = columns[..] else { panic!("the fold table has four columns, not `{line}`") };
            let (from, to) = (character(from), character(to));
            law.folded.insert(from, to);
            let forms = if SHAPES.contains(&rule) { &mut law.shapes } else { &mut law.scripts };
            forms.entry(to).or_default().push(from);
        }
        law
    }

    /// The folded letters and digits of a text, with nothing between them.
    pub(crate) fn searchable(&self, text: &str) -> String {
        text.chars().map(|c| self.folded(c)).filter(|c| c.is_alphanumeric()).collect()
    }

    /// Whether a character counts.
    pub(crate) fn counts(&self, c: char) -> bool {
        self.folded(c).is_alphanumeric()
    }

    /// The forms of a character in other scripts and regions, itself not among them.
    pub(crate) fn other_scripts(&self, c: char) -> Vec<char> {
        self.others(&self.scripts, c)
    }

    /// The forms of a character in other widths, cases and shapes, itself not among them.
    pub(crate) fn other_shapes(&self, c: char) -> Vec<char> {
        self.others(&self.shapes, c)
    }

    fn folded(&self, c: char) -> char {
        self.folded.get(&c).copied().unwrap_or(c)
    }

    fn others(&self, forms: &HashMap<char, Vec<char>>, c: char) -> Vec<char> {
        let folded = self.folded(c);
        let Some(forms) = forms.get(&folded) else { return Vec::new() };
        forms.iter().copied().chain([folded]).filter(|&form| form != c).collect()
    }
}

fn character(hexadecimal: &str) -> char {
    let code_point = u32::from_str_radix(hexadecimal, 16).ok();
    code_point.and_then(char::from_u32).unwrap_or_else(|| panic!("`{hexadecimal}` is no character"))
}
