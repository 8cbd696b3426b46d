//! Documents as they were found; they are not part of the repository.

use super::{Rule, repaired};

/// The edits of each rule in a document, and whether some texts are left in it. `None` if the document is not there.
fn seed(file: &str) -> Option<(String, Vec<Rule>)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds").join(file);
    let Ok(original) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    let repaired = repaired(&original);
    Some((repaired.text().to_owned(), repaired.edits().iter().map(|edit| edit.rule).collect()))
}

#[test]
fn glosses_are_gone() {
    for (file, glosses) in [("000_f4c9e759f5b8f786.txt", 171), ("001_ca7ee976e50d1c96.txt", 253)] {
        let Some((text, rules)) = seed(file) else { continue };
        assert_eq!(rules.iter().filter(|&&rule| rule == Rule::PinyinGloss).count(), glosses, "{file}");
        let left: String = text.chars().filter(|c| c.is_alphabetic() && u32::from(*c) < 0x1000).collect();
        assert_eq!(left, "", "{file}");
    }
}

#[test]
fn pages_are_whole_and_boilerplate_is_gone() {
    if let Some((text, rules)) = seed("003_a39bfd2a2538fbc2.txt") {
        assert_eq!(rules.iter().filter(|&&rule| rule == Rule::PageBreak).count(), 35);
        assert!(
            text.contains("工业振兴特派员") && text.contains("开拓进取、成效明显") && text.contains("组工干部队伍")
        );
        assert!(!text.contains("分享") && !text.contains("docx"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
    if let Some((text, rules)) = seed("002_c64a3e5ece644f37.txt") {
        use Rule::{FooterLabel, PageNumber, SiteRecord, VisitorCounter};
        assert_eq!(rules, [PageNumber, FooterLabel, SiteRecord, VisitorCounter]);
        assert!(text.trim_end().ends_with("李梦涛)"), "{text}");
    }
}
