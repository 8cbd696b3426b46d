//! Backups and verifications.

use crate::{
    rpc::{convert::Invalid, limits::FIELD_BYTES, proto},
    search::{Backup, Verification},
};

/// Reads where a backup is to be made.
pub(crate) fn backup_request(request: proto::CreateBackupRequest) -> Result<String, Invalid> {
    let proto::CreateBackupRequest { directory } = request;
    if directory.is_empty() {
        return Err(Invalid::new("directory", "must not be empty; name a directory that does not exist"));
    }
    if directory.len() > FIELD_BYTES {
        return Err(Invalid::new("directory", format!("is longer than {FIELD_BYTES} bytes")));
    }
    Ok(directory)
}

/// Writes what a backup is.
pub(crate) fn backup_response(directory: String, backup: &Backup) -> proto::CreateBackupResponse {
    let Backup { generation, files, linked_files, bytes } = *backup;
    proto::CreateBackupResponse { directory, generation: generation.to_string(), files, linked_files, bytes }
}

/// Writes what came of looking at every file.
pub(crate) fn verification_response(verification: Verification) -> proto::VerifyIndexResponse {
    let Verification { generation, files, bytes, damaged } = verification;
    proto::VerifyIndexResponse { generation: generation.to_string(), files, bytes, damaged_files: damaged }
}
