//! The rules by name.

/// Why something was cut.
///
/// Kept on disk by its place in this list: a new rule goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Rule {
    /// A reading in parentheses behind its character: `强(qiáng)`.
    PinyinGloss,
    /// Characters that show nothing: zero-width spaces, joiners that join nothing, soft hyphens, byte order marks.
    ZeroWidth,
    /// The number of a page and the line break before it, within running text: `特\n4、派员`.
    PageBreak,
    /// The line that a file-sharing site puts over a text: `《…》由会员分享,可在线阅读,…`.
    ShareLine,
    /// A site's entry in a public register: `ICP备案号:…`, `公网安备 …`.
    SiteRecord,
    /// Who runs a site or edited a page: `主办单位:…`, `版权所有：…`, `责任编辑：…`.
    FooterLabel,
    /// A count or a welcome of visitors: `您是第 位来访者`.
    VisitorCounter,
    /// Variables of the program that made the page, where the text does not speak of them: `book=43,ebook=38`.
    KeyValue,
    /// A page number on a line of its own: `— 3 —`, `第 3 页 共 20 页`.
    PageNumber,
    /// Buttons and links of a page: `【字体：大 中 小】 打印 关闭`, `上一篇：…`.
    Navigation,
    /// A line that three or more documents of one source have at their head or tail.
    RepeatedLine,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 11] = [
        Self::PinyinGloss,
        Self::ZeroWidth,
        Self::PageBreak,
        Self::ShareLine,
        Self::SiteRecord,
        Self::FooterLabel,
        Self::VisitorCounter,
        Self::KeyValue,
        Self::PageNumber,
        Self::Navigation,
        Self::RepeatedLine,
    ];

    /// What was cut, in a few words for people.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::PinyinGloss => "a reading in parentheses behind its character",
            Self::ZeroWidth => "characters that show nothing",
            Self::PageBreak => "a page number, and the line break before it, within running text",
            Self::ShareLine => "the line that a file-sharing site puts over a text",
            Self::SiteRecord => "a site's entry in a public register",
            Self::FooterLabel => "who runs the site or edited the page",
            Self::VisitorCounter => "a count or a welcome of visitors",
            Self::KeyValue => "variables of the program that made the page",
            Self::PageNumber => "a page number on a line of its own",
            Self::Navigation => "buttons and links of a page",
            Self::RepeatedLine => "a line that other documents of the source begin or end with too",
        }
    }
}

impl std::fmt::Display for Rule {
    /// The name that programs go by.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PinyinGloss => "PINYIN_GLOSS",
            Self::ZeroWidth => "ZERO_WIDTH",
            Self::PageBreak => "PAGE_BREAK",
            Self::ShareLine => "SHARE_LINE",
            Self::SiteRecord => "SITE_RECORD",
            Self::FooterLabel => "FOOTER_LABEL",
            Self::VisitorCounter => "VISITOR_COUNTER",
            Self::KeyValue => "KEY_VALUE",
            Self::PageNumber => "PAGE_NUMBER",
            Self::Navigation => "NAVIGATION",
            Self::RepeatedLine => "REPEATED_LINE",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layouts on disk name a rule by its place.
    #[test]
    fn places_are_kept() {
        let places: Vec<u8> = Rule::ALL.iter().flat_map(|rule| postcard::to_stdvec(rule).unwrap()).collect();
        assert_eq!(places, (0..11).collect::<Vec<u8>>());
        assert_eq!(Rule::ALL[0].to_string(), "PINYIN_GLOSS");
        assert_eq!(Rule::ALL[1].to_string(), "ZERO_WIDTH");
        assert_eq!(Rule::ALL[2].to_string(), "PAGE_BREAK");
        assert_eq!(Rule::ALL[10].to_string(), "REPEATED_LINE");
    }
}
