//! An analysis: what is asked, and what is answered, part by part.

use crate::{
    document::{Paragraph, Recognized},
    ingest::{Analysis, Dictionary, Token},
    rpc::{
        convert::{
            answer::edit,
            document::{bounded, checked_size},
            hit::{headings, range},
            invalid::Invalid,
        },
        limits::{DOCUMENT_PAGE_BYTES, FIELD_BYTES},
        proto,
    },
};

/// What is to be analysed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Analyze {
    /// The text.
    pub(crate) text: String,
    /// Where it was found; empty when unknown.
    pub(crate) source: String,
    /// The byte from which on the answer tells; the start of a character or the end.
    pub(crate) offset: u32,
    /// Whether it lists words.
    pub(crate) tokens: bool,
}

/// Checks what is to be analysed.
pub(crate) fn analyze_request(request: proto::AnalyzeRequest) -> Result<Analyze, Invalid> {
    let proto::AnalyzeRequest { text, source, original_offset, omit_tokens } = request;
    checked_size("text", text.len())?;
    let source = bounded("source", source, FIELD_BYTES)?;
    let offset = u32::try_from(original_offset).ok().filter(|&offset| text.is_char_boundary(offset as usize));
    let Some(offset) = offset else {
        let message =
            format!("`{original_offset}` is not the start of a character of the text; give what the last answer said");
        return Err(Invalid::new("original_offset", message));
    };
    Ok(Analyze { text, source, offset, tokens: !omit_tokens })
}

/// Writes the edits and paragraphs that begin at `offset` or later, as many as fit. `tokens` gives the words of a
/// paragraph.
pub(crate) fn analyze_response(
    analysis: &Analysis,
    offset: u32,
    fingerprint: &str,
    tokens: impl Fn(&str) -> Vec<Token>,
) -> proto::AnalyzeResponse {
    let Analysis { metadata, edits, paragraphs } = analysis;
    let mut response = proto::AnalyzeResponse {
        text_chain_fingerprint: fingerprint.to_owned(),
        metadata: metadata.iter().cloned().map(recognized).collect(),
        ..proto::AnalyzeResponse::default()
    };
    let mut edits = edits[edits.partition_point(|edit| edit.range.start < offset)..].iter().peekable();
    let first = paragraphs.partition_point(|paragraph| start(paragraph) < offset);
    let mut paragraphs = (0..).zip(paragraphs).skip(first).peekable();
    let mut bytes = 0;
    // In order of their places; no two are the same: a paragraph begins with what was kept, an edit is what was cut.
    loop {
        let edit_start = edits.peek().map(|edit| edit.range.start);
        let paragraph_start = paragraphs.peek().map(|(_, paragraph)| start(paragraph));
        let Some(next) = edit_start.into_iter().chain(paragraph_start).min() else { break };
        if bytes >= DOCUMENT_PAGE_BYTES as usize {
            response.next_original_offset = next.into();
            break;
        }
        if let Some(cut) = edits.next_if(|edit| edit.range.start == next) {
            response.edits.push(counted(edit(cut.clone()), &mut bytes));
        } else if let Some((ordinal, paragraph)) = paragraphs.next() {
            let paragraph = analyzed(ordinal, paragraph.clone(), tokens(&paragraph.text));
            response.paragraphs.push(counted(paragraph, &mut bytes));
        }
    }
    response
}

fn start(paragraph: &Paragraph) -> u32 {
    paragraph.source_ranges.first().map_or(0, |range| range.start)
}

/// Counts what a message takes in another one.
fn counted<M: prost::Message>(message: M, bytes: &mut usize) -> M {
    const TAG_AND_LENGTH: usize = 6;
    *bytes += message.encoded_len() + TAG_AND_LENGTH;
    message
}

fn recognized(found: Recognized) -> proto::RecognizedField {
    let Recognized { field, value, source_ranges } = found;
    proto::RecognizedField {
        field: field.to_string(),
        value,
        source_ranges: source_ranges.into_iter().map(range).collect(),
    }
}

fn analyzed(ordinal: u32, paragraph: Paragraph, tokens: Vec<Token>) -> proto::AnalyzedParagraph {
    let Paragraph { text, heading_path, source_ranges } = paragraph;
    proto::AnalyzedParagraph {
        ordinal,
        text,
        heading_path: headings(&heading_path),
        source_ranges: source_ranges.into_iter().map(range).collect(),
        tokens: tokens.into_iter().map(token).collect(),
    }
}

fn token(token: Token) -> proto::Token {
    let Token { characters, range, dictionary } = token;
    let place = |byte| u32::try_from(byte).expect("a paragraph has less than 4 GiB");
    proto::Token {
        token: characters,
        range: Some(proto::Range { start: place(range.start), end: place(range.end) }),
        dictionary: self::dictionary(dictionary).into(),
    }
}

/// Writes where a word is known from.
pub(super) fn dictionary(dictionary: Dictionary) -> proto::TokenDictionary {
    match dictionary {
        Dictionary::None => proto::TokenDictionary::None,
        Dictionary::BuiltIn => proto::TokenDictionary::BuiltIn,
        Dictionary::Official => proto::TokenDictionary::Official,
        Dictionary::User => proto::TokenDictionary::User,
        Dictionary::Numeral => proto::TokenDictionary::Numeral,
        Dictionary::Quoted => proto::TokenDictionary::Quoted,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    fn request(text: &str, original_offset: u64) -> proto::AnalyzeRequest {
        proto::AnalyzeRequest { text: text.to_owned(), original_offset, ..proto::AnalyzeRequest::default() }
    }

    #[test]
    fn an_offset_is_the_start_of_a_character() {
        assert_eq!(analyze_request(request("强国", 3)).unwrap().offset, 3);
        assert_eq!(analyze_request(request("强国", 6)).unwrap().offset, 6);
        for offset in [1, 7, u64::MAX] {
            assert_eq!(analyze_request(request("强国", offset)).unwrap_err().field, "original_offset");
        }
    }

    #[test]
    fn parts_go_on_where_the_last_one_ended() {
        const PARAGRAPHS: u32 = 4_000;
        let paragraph = |number: u32| Paragraph {
            text: "字".repeat(300),
            heading_path: Vec::new(),
            source_ranges: std::iter::once(number * 1_000..number * 1_000 + 900).collect(),
        };
        let analysis =
            Analysis { metadata: Vec::new(), edits: Vec::new(), paragraphs: (0..PARAGRAPHS).map(paragraph).collect() };
        let (mut offset, mut ordinals) = (0, Vec::new());
        loop {
            let part = analyze_response(&analysis, offset, "", |_| Vec::new());
            assert!(part.encoded_len() < 3 << 20, "{}", part.encoded_len());
            ordinals.extend(part.paragraphs.iter().map(|paragraph| paragraph.ordinal));
            if part.next_original_offset == 0 {
                break;
            }
            offset = u32::try_from(part.next_original_offset).unwrap();
        }
        assert!(ordinals.into_iter().eq(0..PARAGRAPHS));
    }
}
