//! Names of persons, and lines that call upon them.

/// Surnames of one character, folded.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚\
                        卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤\
                        温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单\
                        季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦\
                        褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩\
                        明佘池查麻苑迟邝";

/// Surnames of two characters, folded.
const LONG_SURNAMES: [&str; 10] = ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐"];

/// What places and bodies end with, and no name does.
const PLACES: [char; 14] = ['省', '市', '县', '区', '乡', '镇', '村', '局', '部', '委', '会', '院', '厅', '处'];

/// How a line begins that calls upon its readers, and how it ends, folded.
const CALLS: [&str; 6] = ["各", "全体", "全省", "全市", "尊敬的", "亲爱的"];
const CALLED: [&str; 33] = [
    "负责人",
    "同志",
    "同志们",
    "代表",
    "委员",
    "成员",
    "同事",
    "员工",
    "职工",
    "家长",
    "朋友",
    "朋友们",
    "居民",
    "市民",
    "村民",
    "老师",
    "同学",
    "学生",
    "人员",
    "单位",
    "部门",
    "机构",
    "科室",
    "处室",
    "企业",
    "公司",
    "学校",
    "街道",
    "乡镇",
    "人民政府",
    "委员会",
    "来宾",
    "嘉宾",
];

/// The longest line of addressees, in bytes.
const MAX_CALL_BYTES: usize = 180;

/// Whether a folded line is the name of a person: two to four characters, a surname first.
pub(super) fn is_person(folded: &str) -> bool {
    let begins = folded.starts_with(|first| SURNAMES.contains(first))
        || LONG_SURNAMES.iter().any(|surname| folded.starts_with(surname));
    let is_ideograph = |character| matches!(character, '\u{4E00}'..='\u{9FFF}');
    let fits = (2..=4).contains(&folded.chars().take(5).count()) && folded.chars().all(is_ideograph);
    fits && begins && !folded.ends_with(PLACES)
}

/// Whether a folded line calls upon those that it is for, a colon behind them or not: 各位代表, 各科室负责人.
pub(super) fn is_salutation(folded: &str) -> bool {
    let called = folded.trim_end_matches([':', '!', ',']);
    let is_call =
        || CALLS.iter().any(|call| called.starts_with(call)) && CALLED.iter().any(|end| called.ends_with(end));
    folded.len() <= MAX_CALL_BYTES && (called == "同志们" || is_call())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons() {
        for name in ["张三", "李小龙", "欧阳修", "司马相如"] {
            assert!(is_person(name), "{name}");
        }
        for other in ["", "张", "高新区", "会议", "王小二张三李四", "李a", "李，三"] {
            assert!(!is_person(other), "{other}");
        }
    }

    #[test]
    fn salutations() {
        for call in ["同志们", "各位代表", "各科室负责人", "各县(市、区)人民政府,市政府各部门:", "尊敬的各位来宾"]
        {
            assert!(is_salutation(call), "{call}");
        }
        for other in ["", "各地学习情况", "关于同志", "干部要做群众的朋友", "全市工作要点"] {
            assert!(!is_salutation(other), "{other}");
        }
    }
}
