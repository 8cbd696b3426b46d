//! `list` and `purge`: documents that meet conditions.

use std::io::{self, Write};

use tonic::transport::Channel;

use super::{
    arguments::{ListArguments, PurgeArguments},
    connection::document_service,
    failure::Failure,
    json::JsonForm,
    output,
    output::{Form, Output, Printable, Styles},
    search::count,
};
use crate::rpc::proto::{ListDocumentsRequest, ListedDocument, PurgeDocumentsRequest, PurgeDocumentsResponse};

/// The most documents that are asked for at once.
const PAGE: u32 = 1_000;

/// Prints documents page by page, until there are no more or enough.
pub(super) async fn list(channel: Channel, arguments: ListArguments, output: &mut Output) -> Result<(), Failure> {
    let ListArguments { limit, filter } = arguments;
    let mut client = document_service(channel);
    let mut request = ListDocumentsRequest { filter: filter.filter()?, ..ListDocumentsRequest::default() };
    let form = JsonForm::of("ListedDocument");
    let (mut listed, mut left) = (0, limit.unwrap_or(u64::MAX));
    while left > 0 {
        request.page_size = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
        let page = client.list_documents(request.clone()).await?.into_inner();
        for document in &page.documents {
            match output.form {
                Form::Json => form.write(&mut output.results, document)?,
                Form::Text => write_document(&mut output.results, &output.styles, document)?,
            }
        }
        output.results.flush()?;
        listed += page.documents.len() as u64;
        left -= left.min(page.documents.len() as u64);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    if output.form == Form::Text {
        let more = if request.page_token.is_empty() { "" } else { "; there are more" };
        output::notice(format_args!("{}{more}", count(listed, "document")));
    }
    Ok(())
}

/// A line for people: the columns of known width first.
fn write_document(out: &mut impl Write, styles: &Styles, listed: &ListedDocument) -> io::Result<()> {
    let Styles { place, aside, .. } = styles;
    let document = listed.document.clone().unwrap_or_default();
    let (date, paragraphs) = (document.publish_date, listed.paragraph_count);
    write!(out, "{aside}{date:<10}  {paragraphs:>7}{aside:#}  {place}{}{place:#}", Printable(&document.id))?;
    for value in [document.title, document.source] {
        if !value.is_empty() {
            write!(out, "  {}", Printable(&value))?;
        }
    }
    writeln!(out)
}

/// Deletes documents, or says which ones it would delete.
pub(super) async fn purge(channel: Channel, arguments: PurgeArguments, output: &mut Output) -> Result<(), Failure> {
    let PurgeArguments { all, yes, filter } = arguments;
    let filter = filter.filter()?;
    let request = PurgeDocumentsRequest { filter, all, validate_only: !yes };
    let response = document_service(channel).purge_documents(request).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("PurgeDocumentsResponse").write(&mut output.results, &response)?,
        Form::Text => write_purged(&mut output.results, &response, yes)?,
    }
    output.results.flush()?;
    if !yes && response.purge_count > 0 {
        output::notice("nothing was deleted; the same with `--yes` deletes them");
    }
    Ok(())
}

fn write_purged(out: &mut impl Write, response: &PurgeDocumentsResponse, is_done: bool) -> io::Result<()> {
    let PurgeDocumentsResponse { purge_count, purge_sample, generation: _ } = response;
    let documents = count(*purge_count, "document");
    if is_done {
        return writeln!(out, "deleted {documents}");
    }
    writeln!(out, "{documents} would be deleted")?;
    purge_sample.iter().try_for_each(|id| writeln!(out, "  {}", Printable(id)))?;
    if *purge_count > purge_sample.len() as u64 {
        writeln!(out, "  …")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::rpc::proto::Document;

    #[test]
    fn documents_for_people() {
        let listed = |id: &str, title: &str, source: &str, publish_date: &str, paragraph_count| ListedDocument {
            document: Some(Document {
                id: id.to_owned(),
                title: title.to_owned(),
                source: source.to_owned(),
                publish_date: publish_date.to_owned(),
                ..Document::default()
            }),
            paragraph_count,
            ..ListedDocument::default()
        };
        let mut out = Vec::new();
        for document in
            [listed("通知.txt", "关于值班的通知", "红星网", "2024-03-05", 12), listed("a\u{7}b", "", "", "2024", 0)]
        {
            write_document(&mut out, &Styles::default(), &document).unwrap();
        }
        expect![[r"
            2024-03-05       12  通知.txt  关于值班的通知  红星网
            2024              0  a�b
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn purges_for_people() {
        let response = PurgeDocumentsResponse {
            purge_count: 3,
            purge_sample: vec!["甲".to_owned(), "乙".to_owned()],
            generation: "g".to_owned(),
        };
        let mut out = Vec::new();
        write_purged(&mut out, &response, false).unwrap();
        write_purged(&mut out, &response, true).unwrap();
        expect![[r"
            3 documents would be deleted
              甲
              乙
              …
            deleted 3 documents
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }
}
