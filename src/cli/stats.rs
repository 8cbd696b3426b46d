//! `stats`: what the index holds.

use std::io::{self, Write};

use bytesize::ByteSize;
use tonic::transport::Channel;

use super::{
    connection::admin_service,
    failure::Failure,
    json::JsonForm,
    output::{Form, Output, Styles},
};
use crate::rpc::proto::{GetIndexStatsRequest, GetIndexStatsResponse};

/// Prints what the index holds.
pub(super) async fn stats(channel: Channel, output: &mut Output) -> Result<(), Failure> {
    let stats = admin_service(channel).get_index_stats(GetIndexStatsRequest {}).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("GetIndexStatsResponse").write(&mut output.results, &stats)?,
        Form::Text => write_stats(&mut output.results, &output.styles, &stats)?,
    }
    Ok(())
}

fn write_stats(out: &mut impl Write, Styles { name, .. }: &Styles, stats: &GetIndexStatsResponse) -> io::Result<()> {
    let GetIndexStatsResponse {
        documents,
        paragraphs,
        generation,
        sequence,
        segments,
        disk_bytes,
        text_chain_fingerprint,
        text_chain_current,
        tombstones,
    } = stats;
    let chain = if *text_chain_current { "current" } else { "not that of this program: a reindex is due" };
    let rows = [
        ("documents", documents.to_string()),
        ("paragraphs", paragraphs.to_string()),
        ("on disk", ByteSize(*disk_bytes).display().si().to_string()),
        ("segments", segments.to_string()),
        ("tombstones", tombstones.to_string()),
        ("sequence", sequence.to_string()),
        ("generation", generation.clone()),
        ("text chain", format!("{text_chain_fingerprint} ({chain})")),
    ];
    rows.iter().try_for_each(|(key, value)| writeln!(out, "{name}{key:<12}{name:#}{value}"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn stats_for_people() {
        let stats = GetIndexStatsResponse {
            documents: 3475,
            paragraphs: 363_348,
            generation: "g7".into(),
            sequence: 3480,
            segments: 4,
            disk_bytes: 92_500_000,
            text_chain_fingerprint: "c1".into(),
            text_chain_current: false,
            tombstones: 5,
        };
        let mut out = Vec::new();
        write_stats(&mut out, &Styles::default(), &stats).unwrap();
        expect![[r"
            documents   3475
            paragraphs  363348
            on disk     92.5 MB
            segments    4
            tombstones  5
            sequence    3480
            generation  g7
            text chain  c1 (not that of this program: a reindex is due)
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }
}
