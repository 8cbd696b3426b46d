//! The head and the tail of a text, and what is the best value of each field.

use std::ops::Range;

use super::{
    byline, day,
    issue::{Issue, history, is_organ, letter, signature},
    label::{self, Label, Labelled},
    line::{self, Line, is_line_break},
    number,
    recognition::MetadataField,
    shape::{Shape, is_remark, shapes},
    title::title,
};
use crate::document::PublishDate;

/// How far a 时间： may stand from the label that shows it to be of the text, in lines.
const MAX_APART: usize = 2;

/// How far below a title the body that issued the text may stand, in lines.
const MAX_BELOW_TITLE: usize = 5;

/// A value with the part of the text that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) value: String,
    pub(super) range: Range<usize>,
}

/// A text as recognition sees it.
pub(super) struct Page<'t> {
    text: &'t str,
    head: Vec<Line<'t>>,
    tail: Vec<Line<'t>>,
    shapes: Vec<Shape>,
    /// The bytes of the title.
    title: Option<Range<usize>>,
    /// The lines below the title, or all if there is none, and above the body.
    below_title: Range<usize>,
    /// The labels of the head, each with the place of its line.
    labels: Vec<(usize, Labelled<'t>)>,
    tail_labels: Vec<(usize, Labelled<'t>)>,
    history: Issue<'t>,
    signature: Issue<'t>,
}

impl<'t> Page<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let (head, tail) = (line::head(text), line::tail(text));
        let labelled = |lines: &[Line<'t>]| lines.iter().map(label::labelled).collect::<Vec<_>>();
        let (by_line, by_line_of_tail) = (labelled(&head), labelled(&tail));
        let shapes = shapes(&head, &by_line);
        let (title_end, title) = title(&head, &shapes).map_or((0, None), |(lines, range)| (lines.end, Some(range)));
        let body = (title_end..shapes.len()).find(|&at| shapes[at] == Shape::Body).unwrap_or(shapes.len());
        let remarks: Vec<&Line<'t>> = head[..body].iter().filter(|line| is_remark(line)).collect();
        let history = history(&remarks);
        let (labels, tail_labels) = (label::labels(&head, by_line), label::labels(&tail, by_line_of_tail));
        let signature = letter(text).unwrap_or_else(|| signature(&tail));
        Self { text, head, tail, shapes, title, below_title: title_end..body, labels, tail_labels, history, signature }
    }

    /// The first lines.
    pub(super) fn head(&self) -> &[Line<'t>] {
        &self.head
    }

    /// The title, as one line.
    pub(super) fn title(&self) -> Option<Found> {
        let heading = || self.title.clone().map(|range| self.found(range));
        self.labelled(MetadataField::Title).or_else(heading)
    }

    /// Where the title stands.
    pub(super) fn title_range(&self) -> Option<Range<usize>> {
        self.title.clone()
    }

    /// Where the text was found: labels only.
    pub(super) fn source(&self) -> Option<Found> {
        self.labelled(MetadataField::Source)
    }

    /// A label, a byline, the speaker of a report, a dateline; then what stands in brackets at the end.
    pub(super) fn author(&self) -> Option<Found> {
        let byline = || self.front().iter().find_map(byline::byline);
        let in_first_sentence = || self.head.iter().take(self.below_title.end + 1).find_map(byline::dateline);
        let guess = || {
            let author = byline().or_else(|| self.speaker()).or_else(in_first_sentence).or_else(|| self.closing());
            author.map(|author| self.found(author.range()))
        };
        self.labelled(MetadataField::Author).or_else(guess)
    }

    /// Who gave the speech that the text is; nobody if several persons are named, as in a list.
    fn speaker(&self) -> Option<Line<'t>> {
        let lines = &self.head[self.below_title.clone()];
        let has_body = self.title.is_some() && self.below_title.end < self.head.len();
        if let [name, date, ..] = lines
            && has_body
            && byline::dated_name(name, date)
        {
            return Some(name.clone());
        }
        let mut speakers = (0..lines.len()).filter_map(|at| byline::speaker(&lines[at..]));
        let first = speakers.next().filter(|_| has_body)?;
        speakers.all(|other| other.folded == first.folded).then_some(first)
    }

    /// The author in brackets at the end of the last paragraph; only the frame of the page may follow it.
    fn closing(&self) -> Option<Line<'t>> {
        let last = self.tail.iter().rposition(|line| line.folded.contains('。')).unwrap_or(0);
        self.tail[last..].iter().rev().find_map(byline::closing)
    }

    /// A label, the note below the title, an order's head, the signature, a body's name below the title.
    pub(super) fn agency(&self) -> Option<Found> {
        let below_title = || {
            let at = self.below_title.clone().take(MAX_BELOW_TITLE).find(|&at| is_organ(&self.head[at]))?;
            let is_last = self.shapes.get(at + 1).is_some_and(|&next| next != Shape::Open);
            (is_last && self.title.is_some()).then(|| vec![self.head[at].clone()])
        };
        let order = || Some(vec![self.front().iter().find_map(number::issuer).filter(is_organ)?]);
        let told = |issue: &Issue<'t>| Some(issue.agencies.clone()).filter(|agencies| !agencies.is_empty());
        let guess = || {
            let agencies = told(&self.history).or_else(order).or_else(|| told(&self.signature)).or_else(below_title);
            together(&agencies?)
        };
        self.labelled(MetadataField::Agency).or_else(guess)
    }

    /// A label, a line that is a number, an order in the note below the title.
    pub(super) fn document_number(&self) -> Option<Found> {
        let line = || self.front().iter().find_map(|line| Some(line.origin(number::document_number(line)?)));
        let in_two = || {
            let mut pairs = self.front().windows(2);
            let pair = pairs.find(|pair| number::announces(&pair[0]) && number::completes(&pair[1]))?;
            Some(pair[0].start..pair[1].range().end)
        };
        let noted = || self.history.number.as_ref().map(Line::range);
        let found = || in_two().or_else(line).or_else(noted).map(|range| self.found(range));
        let number = self.labelled(MetadataField::DocumentNumber).or_else(found)?;
        Some(Found { value: number.value.split_whitespace().collect(), ..number })
    }

    /// A label; the latest date of the note below the title; a line that is a date; the signature.
    pub(super) fn publish_date(&self) -> Option<Found> {
        let published = || dated(&self.labels, |_, label| label == Label::Field(MetadataField::PublishDate));
        let completed = || dated(&self.labels, |_, label| label == Label::Completed);
        let alone = || self.front().iter().find_map(|line| Some((day::whole(line.text)?, line.range())));
        let in_tail = || dated(&self.tail_labels, |_, label| label == Label::Field(MetadataField::PublishDate));
        let date = published()
            .or_else(completed)
            .or_else(|| self.time())
            .or_else(|| self.history.date.clone())
            .or_else(alone)
            .or_else(|| self.signature.date.clone())
            .or_else(in_tail);
        date.map(|(date, range)| Found { value: date.to_string(), range })
    }

    /// The lines above the body.
    fn front(&self) -> &[Line<'t>] {
        &self.head[..self.below_title.end]
    }

    /// The value of a field that has a label, at the head or else at the tail.
    fn labelled(&self, field: MetadataField) -> Option<Found> {
        let labels = self.labels.iter().chain(&self.tail_labels);
        let mut values = labels
            .filter(|(_, found)| found.label == Label::Field(field))
            .filter_map(|(_, found)| found.value.as_ref());
        values.find_map(|value| Some(self.found(label::stated(field, value)?.range())))
    }

    /// The date of a line that tells the source or the author, behind 时间： near one, or alone right above or below.
    fn time(&self) -> Option<(PublishDate, Range<usize>)> {
        let tells = |label| matches!(label, Label::Field(MetadataField::Source | MetadataField::Author));
        let telling: Vec<&(usize, Labelled<'t>)> = self.labels.iter().filter(|(_, found)| tells(found.label)).collect();
        let near = |at: usize| telling.iter().any(|(place, _)| place.abs_diff(at) <= MAX_APART);
        let behind_label = dated(&self.labels, |at, label| label == Label::Time && near(at));
        let beside = || {
            telling.iter().map(|&&(at, _)| &self.head[at]).find_map(|line| {
                let &(at, date, rest) = day::dates(line.text).first()?;
                Some((date, line.start + at..line.range().end - rest.len()))
            })
        };
        let adjoining = || telling.iter().find_map(|&&(at, ref found)| self.adjoining(at, found));
        behind_label.or_else(beside).or_else(adjoining)
    }

    /// The date that the line right above or below a label is, its value included.
    fn adjoining(&self, at: usize, found: &Labelled<'t>) -> Option<(PublishDate, Range<usize>)> {
        let is_below = |value: &Line<'t>| value.start >= self.head[at].range().end;
        let last = at + usize::from(found.value.as_ref().is_some_and(is_below));
        let lines = [at.checked_sub(1), Some(at + 1), Some(last + 1)].into_iter().flatten();
        let mut lines = lines.filter_map(|at| self.head.get(at));
        lines.find_map(|line| Some((day::whole(line.text)?, line.range())))
    }

    fn found(&self, range: Range<usize>) -> Found {
        Found { value: written(&self.text[range.clone()]), range }
    }
}

/// The first date behind a wanted label.
fn dated(
    labels: &[(usize, Labelled<'_>)],
    is_wanted: impl Fn(usize, Label) -> bool,
) -> Option<(PublishDate, Range<usize>)> {
    let wanted = labels.iter().filter(|&&(at, ref found)| is_wanted(at, found.label));
    wanted.filter_map(|(_, found)| found.value.as_ref()).find_map(|value| {
        let (date, rest) = day::date(value.text)?;
        Some((date, value.start..value.range().end - rest.len()))
    })
}

/// Lines below each other as one value, with spaces between them.
fn together(lines: &[Line<'_>]) -> Option<Found> {
    let range = lines.first()?.start..lines.last()?.range().end;
    let values: Vec<String> = lines.iter().map(|line| written(line.text)).collect();
    Some(Found { value: values.join(" "), range })
}

/// A part of a text as a value: without line breaks, and 李 克 强 without its spaces.
pub(super) fn written(part: &str) -> String {
    if part.split_whitespace().all(|word| word.chars().nth(1).is_none()) {
        return part.split_whitespace().collect();
    }
    let mut value = String::with_capacity(part.len());
    for line in part.split(is_line_break).map(str::trim) {
        let is_latin = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
        if is_latin(value.chars().next_back()) && is_latin(line.chars().next()) {
            value.push(' ');
        }
        value.push_str(line);
    }
    value
}
