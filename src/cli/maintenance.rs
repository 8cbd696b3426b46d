//! `backup` and `verify`: a copy of the index, and whether it is what was written.

use std::{
    io::{self, Write},
    path::Path,
};

use bytesize::ByteSize;
use tonic::transport::Channel;

use super::{
    connection::admin_service,
    failure::Failure,
    json::JsonForm,
    output::{Form, Output, Printable},
};
use crate::rpc::proto::{CreateBackupRequest, CreateBackupResponse, VerifyIndexRequest, VerifyIndexResponse};

/// Names a directory as the service takes it: from the root on.
pub(super) fn directory(path: &Path) -> Result<String, Failure> {
    let wrong = |reason: &dyn std::fmt::Display| Failure::Usage(format!("`{}`: {reason}", path.display()));
    let absolute = std::path::absolute(path).map_err(|error| wrong(&error))?;
    absolute.into_os_string().into_string().map_err(|_| wrong(&"is not UTF-8; name another directory"))
}

/// Has the index copied, and says what was made.
pub(super) async fn back_up(channel: Channel, directory: String, output: &mut Output) -> Result<(), Failure> {
    let backup = admin_service(channel).create_backup(CreateBackupRequest { directory }).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("CreateBackupResponse").write(&mut output.results, &backup)?,
        Form::Text => write_backup(&mut output.results, &backup)?,
    }
    Ok(())
}

/// Has every file looked at; damage is a failure.
pub(super) async fn verify(channel: Channel, output: &mut Output) -> Result<(), Failure> {
    let verified = admin_service(channel).verify_index(VerifyIndexRequest {}).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("VerifyIndexResponse").write(&mut output.results, &verified)?,
        Form::Text => write_verified(&mut output.results, &verified)?,
    }
    if verified.damaged_files.is_empty() {
        Ok(())
    } else {
        Err(Failure::Incomplete(
            "the index is damaged and not served any more; start the service again, which makes anew what can be derived \
             of it, or stop it and restore a backup; without one `xunzhang repair` leaves out what is lost"
                .to_owned(),
        ))
    }
}

fn write_backup(out: &mut impl Write, backup: &CreateBackupResponse) -> io::Result<()> {
    let CreateBackupResponse { directory, generation, files, linked_files, bytes } = backup;
    let size = ByteSize(*bytes).display().si();
    writeln!(out, "backed up generation {generation} to `{}`: {files} files, {size}", Printable(directory))?;
    if *linked_files > 0 {
        writeln!(
            out,
            "{linked_files} files are shared with the index: copy the backup to another disk to be safe from this one"
        )?;
    }
    Ok(())
}

fn write_verified(out: &mut impl Write, verified: &VerifyIndexResponse) -> io::Result<()> {
    let VerifyIndexResponse { generation, files, bytes, damaged_files } = verified;
    let size = ByteSize(*bytes).display().si();
    if damaged_files.is_empty() {
        return writeln!(out, "generation {generation} is sound: {files} files, {size}");
    }
    writeln!(out, "generation {generation} is damaged, {} of {files} files:", damaged_files.len())?;
    damaged_files.iter().try_for_each(|file| writeln!(out, "{}", Printable(file)))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>, expected: &Expect) {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn backups_for_people() {
        let backup = CreateBackupResponse {
            directory: "/backups/monday".into(),
            generation: "g7".into(),
            files: 38,
            linked_files: 35,
            bytes: 92_500_000,
        };
        check(
            |out| write_backup(out, &backup),
            &expect![[r"
                backed up generation g7 to `/backups/monday`: 38 files, 92.5 MB
                35 files are shared with the index: copy the backup to another disk to be safe from this one
            "]],
        );
    }

    #[test]
    fn verifications_for_people() {
        let sound =
            VerifyIndexResponse { generation: "g7".into(), files: 38, bytes: 92_500_000, damaged_files: Vec::new() };
        check(
            |out| write_verified(out, &sound),
            &expect![[r"
                generation g7 is sound: 38 files, 92.5 MB
            "]],
        );
        let damaged = VerifyIndexResponse { damaged_files: vec!["a.store".into()], ..sound };
        check(
            |out| write_verified(out, &damaged),
            &expect![[r"
                generation g7 is damaged, 1 of 38 files:
                a.store
            "]],
        );
    }

    #[test]
    fn a_directory_counts_from_where_the_command_runs() {
        assert_eq!(directory(Path::new("/backups/monday")).unwrap(), "/backups/monday");
        let here = std::env::current_dir().unwrap();
        assert_eq!(directory(Path::new("monday")).unwrap(), here.join("monday").to_str().unwrap());
        assert!(directory(Path::new("")).is_err());
    }
}
