//! `analyze FILE`: what becomes of a text.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Write},
    ops::Range,
    path::Path,
};

use anstyle::Style;
use tonic::transport::Channel;

use super::{
    arguments::AnalyzeArguments,
    connection::{REQUEST_BYTES, search_service},
    failure::Failure,
    hit::{HEADING_SEPARATOR, INDENT},
    json::JsonForm,
    output::{Form, Output, Printable, Styles},
};
use crate::rpc::proto::{self, AnalyzeRequest, AnalyzeResponse, AnalyzedParagraph, Edit, Token, TokenDictionary};

/// Reads the text.
pub(super) fn read(file: &Path) -> Result<String, Failure> {
    let wrong = |reason: String| Failure::Usage(format!("cannot analyze `{}`: {reason}", file.display()));
    let mut bytes = Vec::new();
    let limit = REQUEST_BYTES as u64;
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 == limit {
        return Err(wrong("it is far longer than a document may be; split it".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        wrong(format!("not UTF-8 at byte {}; save the file as UTF-8", error.utf8_error().valid_up_to()))
    })
}

/// Prints what becomes of a text, asked for part by part.
pub(super) async fn analyze(
    channel: Channel,
    text: String,
    arguments: AnalyzeArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let AnalyzeArguments { file: _, source, tokens } = arguments;
    let omit_tokens = output.form == Form::Text && !tokens;
    let mut request = AnalyzeRequest { text, source, original_offset: 0, omit_tokens };
    let mut client = search_service(channel);
    let mut whole = client.analyze(request.clone()).await?.into_inner();
    while whole.next_original_offset > request.original_offset {
        request.original_offset = whole.next_original_offset;
        let part = client.analyze(request.clone()).await?.into_inner();
        whole.edits.extend(part.edits);
        whole.paragraphs.extend(part.paragraphs);
        whole.next_original_offset = part.next_original_offset;
    }
    match output.form {
        Form::Json => JsonForm::of("AnalyzeResponse").write(&mut output.results, &whole)?,
        Form::Text => Picture { original: &request.text, styles: output.styles }.write(&mut output.results, &whole)?,
    }
    Ok(())
}

/// An analysis for people: the text as it was found, what was cut struck through, paragraph by paragraph.
struct Picture<'a> {
    original: &'a str,
    styles: Styles,
}

impl Picture<'_> {
    fn write(&self, out: &mut impl Write, analysis: &AnalyzeResponse) -> io::Result<()> {
        self.write_summary(out, analysis)?;
        let mut edits = analysis.edits.as_slice();
        for paragraph in &analysis.paragraphs {
            let place = hull(&paragraph.source_ranges);
            let before = edits.partition_point(|edit| bytes(edit).start < place.start);
            self.write_cuts(out, &edits[..before])?;
            let inside = edits.partition_point(|edit| bytes(edit).start < place.end);
            self.write_paragraph(out, paragraph, &edits[before..inside])?;
            edits = &edits[inside..];
        }
        self.write_cuts(out, edits)
    }

    /// What the text says about itself, and how often each rule cut.
    fn write_summary(&self, out: &mut impl Write, analysis: &AnalyzeResponse) -> io::Result<()> {
        let Styles { name, aside, .. } = &self.styles;
        for found in &analysis.metadata {
            let Range { start, end } = hull(&found.source_ranges);
            let place = format!("bytes {start} to {end}");
            writeln!(out, "{name}{}:{name:#} {}  {aside}{place}{aside:#}", found.field, Printable(&found.value))?;
        }
        writeln!(out, "{name}paragraphs:{name:#} {}", analysis.paragraphs.len())?;
        let mut rules = BTreeMap::<&str, usize>::new();
        for edit in &analysis.edits {
            *rules.entry(&edit.rule).or_default() += 1;
        }
        let rules: Vec<_> = rules.into_iter().map(|(rule, count)| format!("{count} {rule}")).collect();
        let cuts = if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
        writeln!(out, "{name}cuts:{name:#} {cuts}\n")
    }

    /// What was cut between paragraphs, with the rules.
    fn write_cuts(&self, out: &mut impl Write, edits: &[Edit]) -> io::Result<()> {
        let Styles { aside, .. } = &self.styles;
        for edit in edits {
            self.write_cut(out, bytes(edit))?;
            writeln!(out, "  {aside}{}{aside:#}", edit.rule)?;
        }
        if edits.is_empty() { Ok(()) } else { writeln!(out) }
    }

    fn write_paragraph(&self, out: &mut impl Write, paragraph: &AnalyzedParagraph, edits: &[Edit]) -> io::Result<()> {
        let Styles { place, aside, .. } = &self.styles;
        write!(out, "{place}#{}{place:#}", paragraph.ordinal)?;
        if !paragraph.heading_path.is_empty() {
            write!(out, "  {aside}{}{aside:#}", Printable(&paragraph.heading_path.join(HEADING_SEPARATOR)))?;
        }
        write!(out, "\n{INDENT}")?;
        let Range { start: mut at, end } = hull(&paragraph.source_ranges);
        for edit in edits {
            let cut = bytes(edit);
            self.write_kept(out, at..cut.start)?;
            at = cut.end;
            self.write_cut(out, cut)?;
        }
        self.write_kept(out, at..end)?;
        writeln!(out)?;
        if !paragraph.tokens.is_empty() {
            let words: Vec<_> = paragraph.tokens.iter().map(shown).collect();
            writeln!(out, "{INDENT}{aside}{}{aside:#}", Printable(&words.join(" ")))?;
        }
        writeln!(out)
    }

    /// A part of the original that was kept.
    fn write_kept(&self, out: &mut impl Write, range: Range<usize>) -> io::Result<()> {
        let text = self.original.get(range).unwrap_or_default();
        write!(out, "{}", Printable(&text.replace('\n', &format!("\n{INDENT}"))))
    }

    /// A part that was cut: struck through, or in brackets where there are no colours; its line ends are visible.
    fn write_cut(&self, out: &mut impl Write, range: Range<usize>) -> io::Result<()> {
        let cut = self.styles.cut;
        let text = self.original.get(range).unwrap_or_default().replace('\n', "⏎");
        let (open, close) = if cut == Style::new() { ("[-", "-]") } else { ("", "") };
        write!(out, "{cut}{open}{}{close}{cut:#}", Printable(&text))
    }
}

/// The first byte of some ranges and the one after the last.
fn hull(ranges: &[proto::Range]) -> Range<usize> {
    let start = ranges.first().map_or(0, |range| range.start as usize);
    start..ranges.last().map_or(start, |range| range.end as usize)
}

fn bytes(edit: &Edit) -> Range<usize> {
    edit.range.map_or(0..0, |range| range.start as usize..range.end as usize)
}

/// A word, and where it is known from if that is not the general dictionary.
fn shown(token: &Token) -> String {
    let characters = &token.token;
    match token.dictionary() {
        TokenDictionary::Unspecified | TokenDictionary::BuiltIn => characters.clone(),
        TokenDictionary::None => format!("{characters}?"),
        TokenDictionary::Official => format!("{characters}(official)"),
        TokenDictionary::User => format!("{characters}(user)"),
        TokenDictionary::Numeral => format!("{characters}(numeral)"),
        TokenDictionary::Quoted => format!("{characters}(quoted)"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::rpc::proto::RecognizedField;

    fn range(start: usize, end: usize) -> proto::Range {
        let byte = |at: usize| u32::try_from(at).unwrap();
        proto::Range { start: byte(start), end: byte(end) }
    }

    /// The place of a part of a text.
    fn place(original: &str, part: &str) -> proto::Range {
        let start = original.find(part).unwrap();
        range(start, start + part.len())
    }

    fn check(styles: Styles, expected: &Expect) {
        let original = "文/甲\n強(qiáng)國\n之路\nx=1";
        let edit = |part, rule: &str| Edit { range: Some(place(original, part)), rule: rule.to_owned() };
        let token = |token: &str, dictionary: TokenDictionary| Token {
            token: token.to_owned(),
            range: None,
            dictionary: dictionary.into(),
        };
        let analysis = AnalyzeResponse {
            metadata: vec![RecognizedField {
                field: "author".to_owned(),
                value: "甲".to_owned(),
                source_ranges: vec![place(original, "甲")],
            }],
            edits: vec![edit("(qiáng)", "PINYIN_GLOSS"), edit("\nx=1", "KEY_VALUE")],
            paragraphs: vec![AnalyzedParagraph {
                heading_path: vec!["一、路".to_owned()],
                source_ranges: vec![place(original, "強"), place(original, "國\n之路")],
                tokens: vec![token("强国", TokenDictionary::BuiltIn), token("之路", TokenDictionary::Quoted)],
                ..AnalyzedParagraph::default()
            }],
            ..AnalyzeResponse::default()
        };
        let mut out = Vec::new();
        Picture { original, styles }.write(&mut out, &analysis).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap().replace('\u{1b}', "ESC"));
    }

    #[test]
    fn an_analysis_for_people() {
        check(
            Styles::default(),
            &expect![[r"
            author: 甲  bytes 4 to 7
            paragraphs: 1
            cuts: 1 KEY_VALUE, 1 PINYIN_GLOSS

            #0  一、路
               強[-(qiáng)-]國
               之路
               强国 之路(quoted)

            [-⏎x=1-]  KEY_VALUE

        "]],
        );
        check(
            Styles { cut: Style::new().strikethrough(), ..Styles::default() },
            &expect![[r"
            author: 甲  bytes 4 to 7
            paragraphs: 1
            cuts: 1 KEY_VALUE, 1 PINYIN_GLOSS

            #0  一、路
               強ESC[9m(qiáng)ESC[0m國
               之路
               强国 之路(quoted)

            ESC[9m⏎x=1ESC[0m  KEY_VALUE

        "]],
        );
    }

    #[test]
    fn what_is_no_text_is_wrong_use() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"ab\xff").unwrap();
        let failure = read(file.path()).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().ends_with("not UTF-8 at byte 2; save the file as UTF-8"), "{failure}");
        assert!(read(Path::new("/no/such/file")).unwrap_err().to_string().contains("/no/such/file"));
    }
}
