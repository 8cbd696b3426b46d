//! `count [QUERY]`: how many paragraphs match, and by what.

use std::io::{self, Write};

use tonic::transport::Channel;

use super::{
    arguments::CountArguments,
    connection::search_service,
    failure::Failure,
    json::JsonForm,
    output::{Form, Output, Printable, Styles},
    search::{count as number_of, warn},
};
use crate::rpc::proto::{CountRequest, CountResponse, Facet, FacetField, FacetValue, count_request::QueryForm};

/// Counts, and prints the numbers.
pub(super) async fn count(channel: Channel, arguments: CountArguments, output: &mut Output) -> Result<(), Failure> {
    let CountArguments { query, wording, facets, filter } = arguments;
    let request = CountRequest {
        query_form: Some(wording.form(query, QueryForm::Query, QueryForm::Prose)),
        r#match: wording.mode().into(),
        filter: filter.filter()?,
        facets: facets.into_iter().map(|facet| FacetField::from(facet).into()).collect(),
        min_generation: String::new(),
        no_synonyms: wording.no_synonyms,
    };
    let counted = search_service(channel).count(request).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("CountResponse").write(&mut output.results, &counted)?,
        Form::Text => {
            warn(&counted.warnings);
            write_counts(&mut output.results, &output.styles, &counted)?;
        }
    }
    Ok(())
}

fn write_counts(out: &mut impl Write, styles: &Styles, counted: &CountResponse) -> io::Result<()> {
    let CountResponse { paragraphs, documents, facets, generation: _, parsed: _, warnings: _ } = counted;
    writeln!(out, "{} in {}", number_of(*paragraphs, "paragraph"), number_of(*documents, "document"))?;
    facets.iter().try_for_each(|facet| write_facet(out, styles, facet))
}

/// A table with the values last: nobody knows how wide a terminal makes them.
fn write_facet(out: &mut impl Write, Styles { name, aside, .. }: &Styles, facet: &Facet) -> io::Result<()> {
    writeln!(out, "\n{aside}paragraphs   documents{aside:#}  {name}{}{name:#}", facet_name(facet.field()))?;
    for FacetValue { value, paragraphs, documents } in &facet.values {
        writeln!(out, "{paragraphs:>10}  {documents:>10}  {}", Printable(value))?;
    }
    if facet.further_values > 0 {
        let further = number_of(facet.further_values, "further value");
        writeln!(out, "{:>10}              {aside}{further}{aside:#}", facet.further_paragraphs)?;
    }
    Ok(())
}

fn facet_name(field: FacetField) -> &'static str {
    match field {
        FacetField::Unspecified => "value",
        FacetField::Year => "year",
        FacetField::Source => "source",
        FacetField::Agency => "agency",
        FacetField::DocumentType => "type",
        FacetField::Level => "level",
        FacetField::Collection => "collection",
        FacetField::Label => "label",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn counts_for_people() {
        let value = |value: &str, paragraphs, documents| FacetValue { value: value.to_owned(), paragraphs, documents };
        let year = Facet {
            field: FacetField::Year.into(),
            values: vec![value("2024", 1234, 56), value("2023", 7, 1)],
            ..Facet::default()
        };
        let source = Facet {
            field: FacetField::Source.into(),
            values: vec![value("红星网\u{1b}", 1200, 50)],
            further_values: 2,
            further_paragraphs: 41,
        };
        let counted =
            CountResponse { paragraphs: 1241, documents: 1, facets: vec![year, source], ..CountResponse::default() };
        let mut out = Vec::new();
        write_counts(&mut out, &Styles::default(), &counted).unwrap();
        expect![[r"
            1241 paragraphs in 1 document

            paragraphs   documents  year
                  1234          56  2024
                     7           1  2023

            paragraphs   documents  source
                  1200          50  红星网�
                    41              2 further values
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }
}
