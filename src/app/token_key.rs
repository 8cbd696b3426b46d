//! The key that seals tokens, kept beside the index so that tokens outlive the process.
//!
//! The file is the key and its BLAKE3 hash: with another key every token would be refused, and nobody would know why.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use crate::rpc::TokenKey;

/// The file, in the data directory.
const FILE: &str = "token.key";
/// Becomes the file by a rename, so that there is none or a whole one.
const DRAFT: &str = "token.key.draft";
/// Its owner's alone: whoever has the key can make tokens.
const MODE: u32 = 0o600;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenKeyError {
    /// The file cannot be read or made.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The key of a data directory that this process holds; a new one where there is none, or a damaged one. With it go the
/// tokens that were given out, and nothing else, so that it is no reason not to start, nor that the disk has no room for a
/// new one. Disk work.
pub(super) fn token_key(directory: &Path) -> Result<TokenKey, TokenKeyError> {
    let path = directory.join(FILE);
    let failed = |source| TokenKeyError::Io { path: path.clone(), source };
    let damage = match fs::read(&path) {
        Ok(bytes) => match sound(&bytes) {
            Some(key) => return Ok(key),
            None => "it is not what was written".to_owned(),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return create(directory).map_err(failed),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => error.to_string(),
        Err(error) => return Err(failed(error)),
    };
    tracing::error!(
        damage,
        "`{FILE}` is damaged, and there is a new key: tokens from before are TOKEN_INVALID, and what was to go on with \
         them begins anew"
    );
    create(directory).map_err(failed)
}

/// The key in a file that is what was written.
fn sound(bytes: &[u8]) -> Option<TokenKey> {
    let (key, hash) = bytes.split_first_chunk::<{ TokenKey::BYTES }>()?;
    (blake3::hash(key).as_bytes() == hash).then(|| TokenKey::new(*key))
}

/// Makes a key, which is kept if there is room for it.
fn create(directory: &Path) -> io::Result<TokenKey> {
    let mut key = [0; TokenKey::BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    match keep(directory, key) {
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            tracing::error!(%error, "there is no room for `{FILE}`: tokens are good until the service ends");
        }
        kept => kept?,
    }
    Ok(TokenKey::new(key))
}

/// Has a key on disk.
fn keep(directory: &Path, key: [u8; TokenKey::BYTES]) -> io::Result<()> {
    let draft = directory.join(DRAFT);
    let mut file = File::options().create(true).write(true).truncate(true).mode(MODE).open(&draft)?;
    file.write_all(&[key, *blake3::hash(&key).as_bytes()].concat())?;
    file.sync_all()?;
    fs::rename(&draft, directory.join(FILE))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let key = token_key(one.path()).unwrap();
        assert_eq!(token_key(one.path()).unwrap(), key);
        assert_ne!(token_key(other.path()).unwrap(), key);
        let mode = fs::metadata(one.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert!(!one.path().join(DRAFT).exists());
    }

    #[test]
    fn a_damaged_key_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let mut key = token_key(directory.path()).unwrap();
        let mut check = |damaged: &[u8]| {
            fs::write(&path, damaged).unwrap();
            let next = token_key(directory.path()).unwrap();
            assert_ne!(next, key, "{damaged:?}");
            assert_eq!(token_key(directory.path()).unwrap(), next);
            key = next;
        };
        let written = fs::read(&path).unwrap();
        for place in 0..written.len() {
            let mut damaged = written.clone();
            damaged[place] ^= 1 << (place % 8);
            check(&damaged);
        }
        for length in [0, 1, TokenKey::BYTES, written.len() - 1] {
            check(&written[..length]);
        }
        check(&[&*written, b"7"].concat());
    }

    #[test]
    fn a_file_that_may_not_be_read_is_named_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join(FILE)).unwrap();
        let message = token_key(directory.path()).unwrap_err().to_string();
        assert!(message.contains("token.key"), "{message}");
        assert!(directory.path().join(FILE).is_dir());
    }
}
