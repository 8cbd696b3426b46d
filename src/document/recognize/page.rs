//! The head and the tail of a text, and what is the best value of each field.

use std::ops::Range;

use super::{
    byline::{self, Author},
    day,
    issue::{Issue, history, is_organ, signature},
    label::{self, Label, Labelled},
    line::{self, Line},
    number,
    recognition::MetadataField,
    shape::{Shape, is_remark, shapes},
    title::title,
};
use crate::document::PublishDate;

/// How far a 时间： may stand from the label that shows it to be of the text, in lines.
const MAX_APART: usize = 2;

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
    /// The lines of the title and its bytes.
    title: Option<(Range<usize>, Range<usize>)>,
    /// The labels of the head, each with the place of its line.
    labels: Vec<(usize, Labelled<'t>)>,
    tail_labels: Vec<(usize, Labelled<'t>)>,
    history: Issue<'t>,
    signature: Issue<'t>,
}

impl<'t> Page<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let (head, tail) = (line::head(text), line::tail(text));
        let shapes = shapes(&head);
        let title = title(&head, &shapes);
        let front = front(&shapes, title.as_ref().map_or(0, |(lines, _)| lines.end));
        let remarks: Vec<&Line<'t>> = head[..front].iter().filter(|line| is_remark(line)).collect();
        let history = history(&remarks);
        let (labels, tail_labels, signature) = (label::labels(&head), label::labels(&tail), signature(&tail));
        Self { text, head, tail, shapes, title, labels, tail_labels, history, signature }
    }

    /// The first lines.
    pub(super) fn head(&self) -> &[Line<'t>] {
        &self.head
    }

    /// The title, as one line.
    pub(super) fn title(&self) -> Option<Found> {
        let heading = || self.title.as_ref().map(|(_, range)| self.found(range.clone()));
        self.labelled(MetadataField::Title).or_else(heading)
    }

    /// Where the title stands.
    pub(super) fn title_range(&self) -> Option<Range<usize>> {
        self.title.as_ref().map(|(_, range)| range.clone())
    }

    /// Where the text was found: labels only.
    pub(super) fn source(&self) -> Option<Found> {
        self.labelled(MetadataField::Source)
    }

    /// A label, a byline, the speaker of a report, a dateline; then what stands in brackets at the end.
    pub(super) fn author(&self) -> Option<Found> {
        let front = self.front();
        let byline = || front.iter().find_map(byline::byline);
        let below_title = self.title.as_ref().map_or(front.len(), |(lines, _)| lines.end);
        let speaker = || (below_title..front.len()).find_map(|at| byline::speaker(&front[at..]));
        let dateline = || self.head.iter().find_map(byline::dateline);
        let closing = self.tail.iter().rev().find_map(byline::closing);
        let closing = closing.map(|(Author::Name(author) | Author::Post(author))| author);
        let guess = byline().or_else(speaker).or_else(dateline).or(closing);
        self.labelled(MetadataField::Author).or_else(|| Some(self.found(guess?.range())))
    }

    /// A label, the note below the title, the signature, a body's name below the title.
    pub(super) fn agency(&self) -> Option<Found> {
        let below = || {
            let (lines, _) = self.title.as_ref()?;
            self.front()[lines.end..].iter().find(|line| is_organ(line)).cloned()
        };
        let agencies = [&self.history.agencies, &self.signature.agencies].into_iter().find(|found| !found.is_empty());
        let agencies = agencies.cloned().or_else(|| Some(vec![below()?]));
        self.labelled(MetadataField::Agency).or_else(|| together(&agencies?))
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
        &self.head[..front(&self.shapes, self.title.as_ref().map_or(0, |(lines, _)| lines.end))]
    }

    /// The value of a field that has a label, at the head or else at the tail.
    fn labelled(&self, field: MetadataField) -> Option<Found> {
        let labels = self.labels.iter().chain(&self.tail_labels);
        let mut values = labels
            .filter(|(_, found)| found.label == Label::Field(field))
            .filter_map(|(_, found)| found.value.as_ref());
        values.find_map(|value| Some(self.found(label::stated(field, value)?.range())))
    }

    /// The date of a line that tells the source or the author, or behind 时间： near one.
    fn time(&self) -> Option<(PublishDate, Range<usize>)> {
        let tells = |label| matches!(label, Label::Field(MetadataField::Source | MetadataField::Author));
        let places: Vec<usize> =
            self.labels.iter().filter(|(_, found)| tells(found.label)).map(|&(at, _)| at).collect();
        let near = |at: usize| places.iter().any(|&place| place.abs_diff(at) <= MAX_APART);
        let behind_label = dated(&self.labels, |at, label| label == Label::Time && near(at));
        let beside = || {
            places.iter().map(|&at| &self.head[at]).find_map(|line| {
                let &(at, date, rest) = day::dates(line.text).first()?;
                Some((date, line.start + at..line.range().end - rest.len()))
            })
        };
        behind_label.or_else(beside)
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

/// How many lines are above the body, whose first line is at or below `title_end`.
fn front(shapes: &[Shape], title_end: usize) -> usize {
    (title_end..shapes.len()).find(|&at| shapes[at] == Shape::Body).unwrap_or(shapes.len())
}

/// A part of a text as a value: without line breaks, and 李 克 强 without its spaces.
pub(super) fn written(part: &str) -> String {
    if part.split_whitespace().all(|word| word.chars().nth(1).is_none()) {
        return part.split_whitespace().collect();
    }
    let mut value = String::with_capacity(part.len());
    for line in part.lines().map(str::trim) {
        let is_latin = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
        if is_latin(value.chars().next_back()) && is_latin(line.chars().next()) {
            value.push(' ');
        }
        value.push_str(line);
    }
    value
}
