//! Writes the tables of `src/text/data/` that come from elsewhere: `fold.txt` and `dictionary.txt.gz`.
//!
//! ```text
//! cargo run --release --example generate_text_tables -- OPENCC_DICTIONARIES JIEBA_DICTIONARY src/text/data
//! ```
//!
//! - `OPENCC_DICTIONARIES`: the folder `data/dictionary` of the source distribution of `OpenCC` 1.4.2 on `PyPI`
//!   (`pip download --no-deps --no-binary :all: OpenCC==1.4.2`).
//! - `JIEBA_DICTIONARY`: the file `src/data/dict.txt` of the crate `jieba-rs` 0.11.0.
//!
//! The rest comes from the crate `unicode-normalization` 0.1.26, from the compiler's lower case (Rust 1.95) and from the
//! lists below. Equal inputs give equal bytes. The licences are in `NOTICE`; whoever changes the inputs changes it and the head of `fold.txt` too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use unicode_normalization::UnicodeNormalization as _;

/// Our own pairs, each character to the one after it. They win over everything else.
///
/// `OpenCC` leaves the first line alone, since in each pair both characters are in use and the context decides which
/// one is meant; a search looks for either. The second is the zero of written years. The third is Japanese forms
/// that the frequency rule for variants is too careful for. The fourth is of the first list of variant characters
/// (第一批异体字整理表, 1955), which `OpenCC` has only in part: forms that texts of Taiwan and older books still use.
const OURS: &str = "著着瞭了乾干覆复藉借徵征於于祇只彷仿夥伙帐账馀余锺钟甦苏陞升託托麽么\
     〇零○零◯零\
     剰剩撹搅涙泪醤酱餠饼鉱矿鑛矿渋涩澁涩闘斗鬭斗\
     砲炮濬浚餽馈銲焊姪侄叡睿讎仇讐仇雠仇勦剿";

/// CJK Radicals Supplement, each radical to the ideograph after it: Unicode's property `Equivalent_Unified_Ideograph`,
/// where that is in the Basic Multilingual Plane. Text taken out of PDF files is full of them, and NFKC leaves all
/// but two alone.
const RADICALS: &str = "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫\
     ⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺶羊⺹耂⺺肀⺻聿⺼肉⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸\
     ⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟";

/// `OpenCC`'s lists of regional forms.
const VARIANT_FILES: [&str; 3] = ["HKVariants.txt", "TWVariants.txt", "JPShinjitaiCharacters.txt"];

/// A variant folds to its partner only if the dictionary uses it at least this many times less: both 予 and 豫, 欠 and
/// 缺 are words of their own today, whatever Japan writes.
const VARIANT_RARITY: u64 = 50;

const FOLD_HEADER: &str = "\
# The fold table: from, to, both again for the reader (letters and digits only), and the rules on the way.
# Written by examples/generate_text_tables.rs: change that, not this.
#
# ours      this project's own list
# opencc    OpenCC 1.4.2, TSCharacters.txt, first candidate; Apache-2.0
# variant   OpenCC 1.4.2, HKVariants.txt, TWVariants.txt, JPShinjitaiCharacters.txt, the rare form to the common one
#           by the frequencies of jieba's dictionary (MIT); Apache-2.0
# radical   Unicode, Equivalent_Unified_Ideograph of CJK Radicals Supplement; Unicode-3.0
# nfkc      Unicode, the part of NFKC that gives one character for one; Unicode-3.0
# mark      Unicode, Latin letters with marks to those without, as their canonical decompositions say; Unicode-3.0
# lower     Unicode, the part of lower case that gives one character for one; Unicode-3.0
";

/// One rule's mapping, under its name.
struct Rule {
    name: &'static str,
    to: HashMap<char, char>,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [opencc, jieba, output] = &arguments[..] else {
        bail!("expected three arguments: OPENCC_DICTIONARIES JIEBA_DICTIONARY OUTPUT");
    };
    let dictionary = read_dictionary(jieba)?;
    let mut rules = vec![Rule { name: "ours", to: pairs(OURS) }, traditional_to_simplified(opencc)?];
    rules.push(variants(opencc, &rules, &dictionary)?);
    rules.push(Rule { name: "radical", to: pairs(RADICALS) });
    rules.push(Rule { name: "nfkc", to: every_character(|c| single(std::iter::once(c).nfkc())) });
    rules.push(Rule { name: "mark", to: every_character(unmarked) });
    rules.push(Rule { name: "lower", to: every_character(|c| single(c.to_lowercase())) });

    write_fold_table(&rules, &output.join("fold.txt"))?;
    write_dictionary(&rules, &dictionary, &output.join("dictionary.txt.gz"))
}

fn pairs(list: &str) -> HashMap<char, char> {
    let characters: Vec<char> = list.chars().collect();
    characters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The lines of one of `OpenCC`'s lists: a character and its candidates, best first.
fn read_candidates(path: &Path) -> anyhow::Result<Vec<(char, Vec<char>)>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let entry = |(from, to): (&str, &str)| {
        let from = single(from.chars())?;
        Some((from, to.split(' ').filter_map(|candidate| single(candidate.chars())).collect()))
    };
    Ok(lines.filter_map(entry).collect())
}

fn traditional_to_simplified(opencc: &Path) -> anyhow::Result<Rule> {
    let candidates = read_candidates(&opencc.join("TSCharacters.txt"))?;
    let first = candidates.into_iter().filter_map(|(from, to)| Some((from, *to.first()?)));
    Ok(Rule { name: "opencc", to: first.filter(|(from, to)| from != to).collect() })
}

/// Folds the rarer of two regional forms to the commoner, see [`VARIANT_RARITY`]; never a Simplified form, and never a
/// form with several partners.
fn variants(opencc: &Path, rules: &[Rule], dictionary: &BTreeMap<String, u64>) -> anyhow::Result<Rule> {
    let mut simplified: BTreeSet<char> = rules.iter().flat_map(|rule| rule.to.values().copied()).collect();
    simplified.extend(read_candidates(&opencc.join("STCharacters.txt"))?.into_iter().map(|(from, _)| from));
    let mut frequency: HashMap<char, u64> = HashMap::new();
    for (word, count) in dictionary {
        for c in word.chars().map(|c| fold(rules, c)).collect::<BTreeSet<_>>() {
            *frequency.entry(c).or_default() += count;
        }
    }
    let frequency = |c: char| frequency.get(&c).copied().unwrap_or(0);

    let mut partners: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
    for file in VARIANT_FILES {
        for (from, candidates) in read_candidates(&opencc.join(file))? {
            for to in candidates {
                let (a, b) = (fold(rules, from), fold(rules, to));
                let (rare, common) = if frequency(a) < frequency(b) { (a, b) } else { (b, a) };
                if frequency(rare) * VARIANT_RARITY < frequency(common) && !simplified.contains(&rare) {
                    partners.entry(rare).or_default().insert(common);
                }
            }
        }
    }
    let to = partners.into_iter().filter_map(|(rare, common)| Some((rare, single(common)?))).collect();
    Ok(Rule { name: "variant", to })
}

fn every_character(mapping: impl Fn(char) -> Option<char>) -> HashMap<char, char> {
    let mapped = (char::MIN..=char::MAX).filter_map(|c| Some((c, mapping(c)?)));
    mapped.filter(|(from, to)| from != to).collect()
}

/// The Latin letter that a character is with marks on it. Where the marks are characters of their own they count for
/// nothing, as all that is no letter; so must they where they are not.
fn unmarked(c: char) -> Option<char> {
    let mut parts = std::iter::once(c).nfd();
    parts.next().filter(|base| base.is_ascii_alphabetic() && parts.all(|mark| !mark.is_alphanumeric()))
}

fn single<T>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut items = items.into_iter();
    items.next().filter(|_| items.next().is_none())
}

/// The next step from a character: the first rule that has one.
fn step(rules: &[Rule], c: char) -> Option<(&'static str, char)> {
    rules.iter().find_map(|rule| Some((rule.name, *rule.to.get(&c)?)))
}

/// Follows the rules to their end. A circle would never end, and is caught by [`write_fold_table`]'s limit first.
fn fold(rules: &[Rule], c: char) -> char {
    path(rules, c).last().map_or(c, |(_, to)| to)
}

fn path(rules: &[Rule], c: char) -> impl Iterator<Item = (&'static str, char)> {
    const LONGEST: usize = 8;
    std::iter::successors(step(rules, c), |(_, c)| step(rules, *c)).take(LONGEST)
}

fn write_fold_table(rules: &[Rule], output: &Path) -> anyhow::Result<()> {
    let mut table = FOLD_HEADER.to_owned();
    let sources: BTreeSet<char> = rules.iter().flat_map(|rule| rule.to.keys().copied()).collect();
    for from in sources {
        let to = fold(rules, from);
        ensure!(step(rules, to).is_none(), "the rules lead `{from}` in a circle");
        ensure!(from.is_whitespace() == to.is_whitespace(), "`{from:?}` to `{to:?}` makes or loses a space");
        let names: Vec<&str> = path(rules, from).map(|(name, _)| name).collect();
        let shown = if from.is_alphanumeric() && to.is_alphanumeric() { format!("{from}{to}") } else { "-".to_owned() };
        writeln!(table, "{:04X}\t{:04X}\t{shown}\t{}", u32::from(from), u32::from(to), names.join("+"))?;
    }
    std::fs::write(output, table).with_context(|| format!("cannot write {}", output.display()))
}

/// Reads words and frequencies. Words with anything but letters and digits are left out: what is cut has none.
fn read_dictionary(path: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut words = BTreeMap::new();
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (Some(word), Some(frequency)) = (fields.next(), fields.next()) else { bail!("`{line}` has no frequency") };
        if word.chars().all(char::is_alphanumeric) {
            *words.entry(word.to_owned()).or_default() += frequency.parse::<u64>().with_context(|| line.to_owned())?;
        }
    }
    Ok(words)
}

/// Writes the dictionary folded; the frequencies of words that have become one are added up.
fn write_dictionary(rules: &[Rule], dictionary: &BTreeMap<String, u64>, output: &Path) -> anyhow::Result<()> {
    let mut folded: BTreeMap<String, u64> = BTreeMap::new();
    for (word, frequency) in dictionary {
        *folded.entry(word.chars().map(|c| fold(rules, c)).collect()).or_default() += frequency;
    }
    let file = std::fs::File::create(output).with_context(|| format!("cannot write {}", output.display()))?;
    let mut gzip = flate2::GzBuilder::new().write(file, flate2::Compression::best());
    for (word, frequency) in folded {
        writeln!(gzip, "{word} {frequency}")?;
    }
    gzip.finish()?;
    Ok(())
}
