//! Counts: what is asked, and what is answered.

use crate::{
    query::Query,
    rpc::{
        convert::{
            filter::filter,
            invalid::{Invalid, enumeration},
            query::{tree, typed},
            search::{Asked, Understood, generation, mode},
        },
        proto::{self, count_request::QueryForm},
    },
    search::{CountRequest, Counts, Facet, FacetField, FacetValue, Generation, Tally},
};

/// Checks a count. No query, or an empty one, means everything.
pub(crate) fn count_request(request: proto::CountRequest) -> Result<Asked<CountRequest>, Invalid> {
    let proto::CountRequest { query_form, r#match, filter: conditions, facets, min_generation, no_synonyms } = request;
    let mode = mode(r#match)?;
    let Understood { query, warnings, written } = match query_form {
        None => Understood::everything(),
        Some(QueryForm::Query(text)) => Understood::written_or_everything(text, mode)?,
        Some(QueryForm::Prose(text)) => Understood::prose_or_everything(text, mode)?,
        Some(QueryForm::TypedQuery(query)) => Understood::tree(typed("typed_query", query)?),
    };
    let request = CountRequest {
        query,
        mode,
        filter: filter(conditions)?,
        facets: facet_fields(&facets)?,
        min_generation: generation(&min_generation)?,
    };
    Ok(Asked { request, warnings, written, synonyms: !no_synonyms })
}

/// Reads what to count by. There are never more than there are fields.
fn facet_fields(values: &[i32]) -> Result<Vec<FacetField>, Invalid> {
    let mut fields = Vec::new();
    for (number, &value) in values.iter().enumerate() {
        let path = format!("facets[{number}]");
        let field = facet_field(&path, value)?;
        if fields.contains(&field) {
            return Err(Invalid::new(path, "names a field for the second time; leave it out"));
        }
        fields.push(field);
    }
    Ok(fields)
}

fn facet_field(path: &str, value: i32) -> Result<FacetField, Invalid> {
    Ok(match enumeration(path, value)? {
        proto::FacetField::Unspecified => return Err(Invalid::new(path, "must name a field")),
        proto::FacetField::Year => FacetField::Year,
        proto::FacetField::Source => FacetField::Source,
        proto::FacetField::Agency => FacetField::Agency,
        proto::FacetField::DocumentType => FacetField::DocumentType,
        proto::FacetField::Level => FacetField::Level,
        proto::FacetField::Collection => FacetField::Collection,
        proto::FacetField::Label => FacetField::Label,
    })
}

/// Writes what was counted of a query.
pub(crate) fn count_response(
    query: &Query,
    warnings: Vec<proto::Warning>,
    generation: Generation,
    counts: Counts,
) -> proto::CountResponse {
    let Counts { total: Tally { paragraphs, documents }, facets } = counts;
    proto::CountResponse {
        paragraphs,
        documents,
        facets: facets.into_iter().map(facet).collect(),
        generation: generation.to_string(),
        parsed: Some(tree(query)),
        warnings,
    }
}

fn facet(facet: Facet) -> proto::Facet {
    let Facet { field, values, further_values, further_paragraphs } = facet;
    let field = match field {
        FacetField::Year => proto::FacetField::Year,
        FacetField::Source => proto::FacetField::Source,
        FacetField::Agency => proto::FacetField::Agency,
        FacetField::DocumentType => proto::FacetField::DocumentType,
        FacetField::Level => proto::FacetField::Level,
        FacetField::Collection => proto::FacetField::Collection,
        FacetField::Label => proto::FacetField::Label,
    };
    proto::Facet {
        field: field.into(),
        values: values.into_iter().map(facet_value).collect(),
        further_values,
        further_paragraphs,
    }
}

fn facet_value(FacetValue { value, tally: Tally { paragraphs, documents } }: FacetValue) -> proto::FacetValue {
    proto::FacetValue { value, paragraphs, documents }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_can_be_counted_by_once() {
        let all: Vec<i32> = (1..=7).collect();
        let fields = facet_fields(&all).unwrap();
        let written = |field| facet(Facet { field, values: vec![], further_values: 0, further_paragraphs: 0 }).field;
        assert_eq!(fields.into_iter().map(written).collect::<Vec<_>>(), all);
        for (values, path) in [(&[0][..], "facets[0]"), (&[1, 8], "facets[1]"), (&[2, 1, 2], "facets[2]")] {
            assert_eq!(facet_fields(values).unwrap_err().field, path);
        }
    }
}
