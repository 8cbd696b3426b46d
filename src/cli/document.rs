//! `get ID` and `delete ID`: one document.

use std::io::{self, Write};

use bytesize::ByteSize;
use tonic::transport::Channel;

use super::{
    arguments::{DeleteArguments, GetArguments, View},
    connection::document_service,
    failure::Failure,
    hit::write_paragraph,
    json::JsonForm,
    output,
    output::{Form, Output, Printable, Styles},
};
use crate::rpc::proto::{DeleteDocumentRequest, Document, DocumentView, GetDocumentRequest, GetDocumentResponse};

/// Prints a document, read whole, however many calls that takes.
pub(super) async fn get(channel: Channel, arguments: GetArguments, output: &mut Output) -> Result<(), Failure> {
    let GetArguments { id, view } = arguments;
    let document = read(channel, id, view.into()).await?;
    match (output.form, view) {
        (Form::Json, _) => JsonForm::of("GetDocumentResponse").write(&mut output.results, &document)?,
        (Form::Text, View::Original) => write_original(output, &document)?,
        (Form::Text, View::Metadata | View::Paragraphs) => {
            write_metadata(&mut output.results, &output.styles, &document)?;
            for paragraph in &document.paragraphs {
                write_paragraph(&mut output.results, &output.styles, paragraph)?;
            }
        }
    }
    Ok(())
}

/// Deletes a document.
pub(super) async fn delete(channel: Channel, arguments: DeleteArguments, output: &mut Output) -> Result<(), Failure> {
    let request = DeleteDocumentRequest { document_id: arguments.id.clone(), ..DeleteDocumentRequest::default() };
    let response = document_service(channel).delete_document(request).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("DeleteDocumentResponse").write(&mut output.results, &response)?,
        Form::Text => writeln!(output.results, "deleted `{}`", Printable(&arguments.id))?,
    }
    Ok(())
}

/// Reads a document page by page and puts the pages together: they are parts of one version.
async fn read(channel: Channel, document_id: String, view: DocumentView) -> Result<GetDocumentResponse, Failure> {
    let mut client = document_service(channel);
    let mut request = GetDocumentRequest { document_id, view: view.into(), ..GetDocumentRequest::default() };
    let mut whole = client.get_document(request.clone()).await?.into_inner();
    while whole.next_ordinal > request.first_ordinal || whole.next_original_offset > request.original_offset {
        request.first_ordinal = whole.next_ordinal;
        request.original_offset = whole.next_original_offset;
        let page = client.get_document(request.clone()).await?.into_inner();
        if page.etag != whole.etag {
            return Err(Failure::Incomplete("the document was replaced while it was read; try again".to_owned()));
        }
        append(&mut whole, page);
    }
    Ok(whole)
}

fn append(whole: &mut GetDocumentResponse, page: GetDocumentResponse) {
    whole.paragraphs.extend(page.paragraphs);
    whole.next_ordinal = page.next_ordinal;
    whole.original.push_str(&page.original);
    whole.next_original_offset = page.next_original_offset;
    whole.edits.extend(page.edits);
}

/// Writes the original: byte for byte into a file or a pipe.
fn write_original(output: &mut Output, document: &GetDocumentResponse) -> io::Result<()> {
    if document.original_bytes == 0 && document.paragraph_count > 0 {
        output::warning(
            "there is no original: the document was sent as ready-made paragraphs; see `--view paragraphs`",
        );
    }
    if output.is_terminal {
        writeln!(output.results, "{}", Printable(&document.original))
    } else {
        output.results.write_all(document.original.as_bytes())
    }
}

fn write_metadata(
    out: &mut impl Write,
    Styles { name, .. }: &Styles,
    response: &GetDocumentResponse,
) -> io::Result<()> {
    let mut rows = response.document.as_ref().map(document_rows).unwrap_or_default();
    rows.push(("paragraphs".to_owned(), response.paragraph_count.to_string()));
    rows.push(("original".to_owned(), ByteSize(response.original_bytes).display().si().to_string()));
    rows.push(("sequence".to_owned(), response.sequence.to_string()));
    rows.push(("etag".to_owned(), response.etag.clone()));
    for (key, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name}{}:{name:#} {}", Printable(key), Printable(value))?;
    }
    writeln!(out)
}

/// What is known about a document, its attributes last and in order.
fn document_rows(document: &Document) -> Vec<(String, String)> {
    let Document {
        id,
        title,
        source,
        author,
        agency,
        document_number,
        document_type,
        publish_date,
        level,
        collection,
        labels,
        attributes,
        content: _,
    } = document;
    let known = [
        ("id", id),
        ("title", title),
        ("source", source),
        ("author", author),
        ("agency", agency),
        ("document_number", document_number),
        ("document_type", document_type),
        ("publish_date", publish_date),
        ("level", level),
        ("collection", collection),
        ("labels", &labels.join(", ")),
    ];
    let mut rows: Vec<_> = known.map(|(key, value)| (key.to_owned(), value.clone())).into();
    let first_attribute = rows.len();
    rows.extend(attributes.iter().map(|(key, value)| (format!("attributes.{key}"), value.clone())));
    rows[first_attribute..].sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use expect_test::expect;

    use super::*;
    use crate::cli::fake::{self, FakeService};

    #[tokio::test]
    async fn a_document_is_read_whole_and_from_one_version() {
        let channel = fake::channel(FakeService::default()).await;
        let whole = read(channel.clone(), "甲".into(), DocumentView::Original).await.unwrap();
        assert_eq!(whole.original, "第一条");
        assert_eq!(whole.next_original_offset, 0);
        let replaced = read(channel, "变".into(), DocumentView::Original).await;
        assert!(matches!(replaced, Err(Failure::Incomplete(_))));
    }

    #[test]
    fn metadata_for_people_leaves_out_what_is_unknown() {
        let document = Document {
            id: "甲.txt".into(),
            title: "通知".into(),
            labels: vec!["一".into(), "二".into()],
            attributes: HashMap::from([("乙".into(), "2".into()), ("甲".into(), "1".into())]),
            ..Document::default()
        };
        let response = GetDocumentResponse {
            document: Some(document),
            etag: "e".into(),
            sequence: 7,
            paragraph_count: 3,
            original_bytes: 1500,
            ..GetDocumentResponse::default()
        };
        let mut out = Vec::new();
        write_metadata(&mut out, &Styles::default(), &response).unwrap();
        expect![[r"
            id: 甲.txt
            title: 通知
            labels: 一, 二
            attributes.乙: 2
            attributes.甲: 1
            paragraphs: 3
            original: 1.5 kB
            sequence: 7
            etag: e

        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }
}
