//! Messages of the contract as JSON lines: the names of the proto files, numbers as numbers, zero fields kept, enum
//! values by name.

use std::io::{self, Write};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};

use crate::rpc::proto::DESCRIPTORS;

const OPTIONS: SerializeOptions =
    SerializeOptions::new().stringify_64_bit_integers(false).use_proto_field_name(true).skip_default_fields(false);

/// The JSON form of one type of message.
pub(super) struct JsonForm {
    descriptor: MessageDescriptor,
}

impl JsonForm {
    /// The form of the message with this name in the package.
    ///
    /// # Panics
    ///
    /// When the contract has no such message.
    pub(super) fn of(name: &str) -> Self {
        let pool = DescriptorPool::decode(DESCRIPTORS).expect("the build compiled it");
        let descriptor = pool.get_message_by_name(&format!("xunzhang.v1.{name}")).expect("the contract has it");
        Self { descriptor }
    }

    /// Writes a message of this type as one line. Messages that are not set are left out.
    pub(super) fn write(&self, out: &mut impl Write, message: &impl Message) -> io::Result<()> {
        self.write_value(out, message)?;
        out.write_all(b"\n")
    }

    /// Writes a message of this type without ending the line.
    pub(super) fn write_value(&self, out: &mut impl Write, message: &impl Message) -> io::Result<()> {
        let dynamic = DynamicMessage::decode(self.descriptor.clone(), message.encode_to_vec().as_slice())
            .map_err(io::Error::other)?;
        dynamic.serialize_with_options(&mut serde_json::Serializer::new(&mut *out), &OPTIONS)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::rpc::proto::{DeleteDocumentResponse, GetIndexStatsResponse, Hit, PutDocumentResponse, Range};

    fn check(name: &str, message: &impl Message, expected: &Expect) {
        let mut line = Vec::new();
        JsonForm::of(name).write(&mut line, message).unwrap();
        expected.assert_eq(&String::from_utf8(line).unwrap());
    }

    #[test]
    fn a_hit_keeps_its_zero_fields() {
        let hit = Hit {
            rank: 1,
            score: 12.34,
            paragraph_id: "甲#0".into(),
            text: "第一\n\"条\"".into(),
            source_ranges: vec![Range { start: 0, end: 6 }],
            sequence: u64::MAX,
            ..Hit::default()
        };
        check(
            "Hit",
            &hit,
            &expect![[r#"
                {"rank":1,"score":12.34,"paragraph_id":"甲#0","document_id":"","ordinal":0,"text":"第一\n\"条\"","heading_path":[],"title":"","source":"","agency":"","publish_date":"","highlights":[],"source_ranges":[{"start":0,"end":6}],"context_before":[],"context_after":[],"folded_count":0,"sequence":18446744073709551615,"folded_paragraph_ids":[]}
            "#]],
        );
    }

    #[test]
    fn enum_values_have_names() {
        check(
            "PutDocumentResponse",
            &PutDocumentResponse { outcome: 2, ..PutDocumentResponse::default() },
            &expect![[r#"
                {"document_id":"","etag":"","generation":"","paragraph_count":0,"outcome":"OUTCOME_REPLACED","warnings":[]}
            "#]],
        );
    }

    #[test]
    fn every_message_that_is_printed_has_a_form() {
        check(
            "GetIndexStatsResponse",
            &GetIndexStatsResponse { documents: 1 << 60, ..GetIndexStatsResponse::default() },
            &expect![[r#"
                {"documents":1152921504606846976,"paragraphs":0,"generation":"","sequence":0,"segments":0,"disk_bytes":0,"text_chain_fingerprint":"","text_chain_current":false,"tombstones":0}
            "#]],
        );
        check(
            "DeleteDocumentResponse",
            &DeleteDocumentResponse::default(),
            &expect![[r#"
                {"generation":""}
            "#]],
        );
        JsonForm::of("GetDocumentResponse");
    }
}
