//! Facets: how many matches have which value of a field.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use tantivy::{DocId, SegmentReader, columnar::StrColumn};

use crate::{
    engine::{
        Facet, FacetField, FacetValue, MAX_FACET_VALUES, ReadError, Tally,
        tantivy::{columns::Columns, heed::Stop, record::read_error, schema::facet_column},
    },
    query::comparable,
};

/// One year behind the last that a date can have.
const YEARS: usize = 10_000;

/// So many values are looked up between two looks at whether to stop.
const LOOKED_UP_AT_ONCE: usize = 4_096;

/// Counts by the values of a field.
pub(super) struct FacetCounter {
    field: FacetField,
    /// By the values as they were written.
    tallies: HashMap<String, Tally>,
}

/// Counts in one segment, where values have numbers.
pub(super) struct SegmentFacet {
    values: Values,
    /// By the values' numbers.
    tallies: Vec<Tally>,
}

enum Values {
    Years,
    Texts(StrColumn),
    /// No document has any.
    Absent,
}

impl FacetCounter {
    pub(super) fn new(field: FacetField) -> Self {
        Self { field, tallies: HashMap::new() }
    }

    /// Begins to count in a segment.
    pub(super) fn in_segment(&self, segment: &SegmentReader) -> Result<SegmentFacet, ReadError> {
        let (values, number) = match facet_column(self.field) {
            None => (Values::Years, YEARS),
            Some(name) => match segment.fast_fields().str(name).map_err(read_error)? {
                Some(column) => {
                    let number = column.num_terms();
                    (Values::Texts(column), number)
                }
                None => (Values::Absent, 0),
            },
        };
        Ok(SegmentFacet { values, tallies: vec![Tally::default(); number] })
    }

    /// Adds what was counted in a segment.
    pub(super) fn add(&mut self, SegmentFacet { values, tallies }: SegmentFacet, stop: &Stop) -> Result<(), ReadError> {
        let met = (0_u64..).zip(tallies).filter(|(_, tally)| tally.documents > 0);
        match values {
            Values::Absent => {}
            Values::Years => met.for_each(|(year, tally)| self.add_value(&format!("{year:04}"), tally)),
            Values::Texts(column) => {
                let (numbers, tallies): (Vec<_>, Vec<_>) = met.unzip();
                let mut tallies = tallies.into_iter();
                let mut each = |value: &[u8]| {
                    self.add_value(&String::from_utf8_lossy(value), tallies.next().unwrap_or_default());
                };
                for numbers in numbers.chunks(LOOKED_UP_AT_ONCE) {
                    stop.check().map_err(read_error)?;
                    let complete = column.dictionary().sorted_ords_to_term_cb(numbers, &mut each);
                    if !complete.map_err(|error| ReadError::Engine(Box::new(error)))? {
                        return Err(ReadError::Corrupt(
                            "a column has a value that is not in its dictionary".to_owned(),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn add_value(&mut self, value: &str, tally: Tally) {
        match self.tallies.get_mut(value) {
            Some(sum) => add(sum, tally),
            None => {
                self.tallies.insert(value.to_owned(), tally);
            }
        }
    }

    /// What was counted, values that are equal taken together.
    pub(super) fn finish(self) -> Facet {
        let mut spellings: BTreeMap<String, Vec<(String, Tally)>> = BTreeMap::new();
        for (value, tally) in self.tallies {
            spellings.entry(comparable(&value)).or_default().push((value, tally));
        }
        let mut values: Vec<_> = spellings.into_values().filter_map(together).collect();
        values.sort_unstable_by(|a, b| in_order(&a.value, a.tally).cmp(&in_order(&b.value, b.tally)));
        let further = values.split_off(MAX_FACET_VALUES.min(values.len()));
        Facet {
            field: self.field,
            values,
            further_values: further.len() as u64,
            further_paragraphs: further.iter().map(|value| value.tally.paragraphs).sum(),
        }
    }
}

impl SegmentFacet {
    /// Counts a document's matches for each of its values.
    pub(super) fn document(&mut self, record: DocId, paragraphs: u64, columns: &Columns) {
        let Self { values, tallies } = self;
        let mut count = |number: usize| {
            if let Some(sum) = tallies.get_mut(number) {
                add(sum, Tally { paragraphs, documents: 1 });
            }
        };
        match values {
            Values::Absent => {}
            Values::Years => match columns.date(record) / 10_000 {
                0 => {}
                year => count(year as usize),
            },
            Values::Texts(column) => {
                for number in column.ords().values_for_doc(record) {
                    count(usize::try_from(number).unwrap_or(usize::MAX));
                }
            }
        }
    }
}

/// Equal values as one, under the spelling that comes first.
fn together(mut spellings: Vec<(String, Tally)>) -> Option<FacetValue> {
    spellings.sort_unstable_by(|(a, a_tally), (b, b_tally)| in_order(a, *a_tally).cmp(&in_order(b, *b_tally)));
    let mut spellings = spellings.into_iter();
    let (value, mut tally) = spellings.next()?;
    spellings.for_each(|(_, other)| add(&mut tally, other));
    Some(FacetValue { value, tally })
}

fn in_order(value: &str, tally: Tally) -> (Reverse<u64>, &str) {
    (Reverse(tally.paragraphs), value)
}

fn add(sum: &mut Tally, Tally { paragraphs, documents }: Tally) {
    sum.paragraphs += paragraphs;
    sum.documents += documents;
}
