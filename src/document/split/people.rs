//! Lines that name who speaks, signs or reports: 习 近 平, 省长 叶建春, 国务院总理李克强.

#[cfg(test)]
use crate::text::fold_character;

/// The surnames of nearly everybody, folded.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈\
姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温习殷包蓝咸项\
祝柳鲍房裘缪童庄俞邢路俊";

/// What the bearers of offices are called; a name may follow.
const OFFICES: [&str; 9] = ["长", "主席", "总理", "书记", "主任", "委员", "代表", "记者", "作者"];

/// Their last characters.
const LAST_OF_OFFICES: [char; 8] = ['长', '席', '理', '记', '任', '员', '表', '者'];

/// The most characters of a name: those of four characters begin with a surname of two, as few do.
const MAX_NAME: usize = 3;

/// Whether a folded line is somebody's name alone, its characters spaced out.
pub(super) fn is_spaced_name(folded: &str) -> bool {
    let mut parts = folded.split_whitespace();
    let spaced = parts.clone().count() > 1 && parts.all(|part| part.chars().nth(1).is_none());
    spaced && is_name(folded)
}

/// Whether a folded line is a row of names, as a list of those who are chosen has them: 李明　王芳　张强.
pub(super) fn is_row_of_names(folded: &str) -> bool {
    const FEWEST: usize = 3;
    folded.starts_with(|first| SURNAMES.contains(first))
        && folded.split_whitespace().take(FEWEST).count() == FEWEST
        && folded.split_whitespace().all(is_name)
}

/// Whether a folded line is somebody's name, or an office and a name.
pub(super) fn names_officer(folded: &str) -> bool {
    // Most lines have none of the last characters of offices, and one character is found faster than nine words.
    folded.contains(LAST_OF_OFFICES)
        && OFFICES.into_iter().any(|office| {
            behind_office(folded, office)
                .is_some_and(|name| is_name(name) || name.starts_with(char::is_whitespace) && is_transcribed(name))
        })
}

/// What stands behind an office, which may be set in single characters: 总　理　　李克强.
fn behind_office<'t>(folded: &'t str, office: &str) -> Option<&'t str> {
    let mut characters = office.chars().rev();
    let (mut before, name) = folded.rsplit_once(characters.next()?)?;
    for character in characters {
        before = before.trim_end().strip_suffix(character)?;
    }
    Some(name)
}

/// Whether a folded text has the length of a name and begins with a surname.
pub(super) fn is_name(folded: &str) -> bool {
    let letters = || folded.chars().filter(|character| !character.is_whitespace());
    (2..=MAX_NAME).contains(&letters().take(MAX_NAME + 1).count())
        && letters().next().is_some_and(|first| SURNAMES.contains(first))
}

/// Whether a name is written with a dot between its parts: 艾尔肯·吐尼亚孜.
fn is_transcribed(name: &str) -> bool {
    name.trim().split(['·', '•', '・']).filter(|part| !part.is_empty()).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |line: &str, expected: bool| {
            let folded: String = line.chars().map(fold_character).collect();
            assert_eq!(is_spaced_name(&folded) || names_officer(&folded), expected, "{line}");
        };
        check("总　理　　李克强", true);
        check("习 近 平", true);
        check("習　近　平", true);
        check("殷 勇", true);
        check("省长 叶建春", true);
        check("自治区主席 韦 韬", true);
        check("国务院总理李克强", true);
        check("國務院總理 溫家寶", true);
        check("自治区主席 艾尔肯·吐尼亚孜", true);
        check("吉首市委常委、组织部长 李梦涛", true);
        check("成长", false);
        check("健康成长 共筑未来", false);
        check("书记抓党建", false);
        check("总 则", false);
        check("附 则", false);
        check("", false);
    }

    #[test]
    fn offices_end_so() {
        assert!(OFFICES.iter().all(|office| office.ends_with(LAST_OF_OFFICES)));
    }

    #[test]
    fn bare_names() {
        assert!(is_name("李克强") && is_name("殷勇"));
        assert!(!is_name("李") && !is_name("结束语") && !is_name("高质量发展"));
    }
}
