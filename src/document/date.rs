//! stub
/// When a document was published: a year, a month or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PublishDate(u32);
/// A text that is no date in a known form.
#[derive(Debug, thiserror::Error)]
#[error("is not a date: give YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD or YYYY年M月D日")]
pub struct UnknownDate;
impl PublishDate {
    /// `YYYYMMDD` as a number, 00 for what is not known: later dates are greater.
    pub fn to_u32(self) -> u32 {
        self.0
    }
}
impl std::str::FromStr for PublishDate {
    type Err = UnknownDate;
    fn from_str(_s: &str) -> Result<Self, UnknownDate> {
        unimplemented!()
    }
}
impl std::fmt::Display for PublishDate {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        unimplemented!()
    }
}
