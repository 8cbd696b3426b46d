//! Packs blocks into paragraphs of a good length.

use super::{
    cutting::units,
    outline::{Block, BlockRole, NodeId, Outline},
    parallels::parallels,
    span::Span,
};
use crate::text::GoesOn;

/// The fewest characters of a paragraph that has neighbours: less says too little to be found by.
pub(super) const MIN: usize = 60;

/// What is too short to be a paragraph, in characters, even under a heading of its own.
///
/// Of two neighbours that stay apart both have as many, or one has [`MIN`], or together they would have more than
/// [`MAX`]. So every two paragraphs take at least twice as many characters of the text, white space included.
pub(in crate::document) const CRUMB: usize = 20;

/// The shortest text that is a paragraph of its own before the first member of an enumeration whose members are, in
/// characters; what is shorter only leads in: 要做到以下几点。
const MIN_LEAD_IN: usize = 30;

/// The most characters of a lead-in, its headings included: enough are left for the start of what it leads in.
const MAX_LEAD: usize = 150;

/// The length that long texts are cut to, in characters: a screenful.
const TARGET: usize = 240;

/// The most characters of a paragraph that can be cut anywhere, its headings included.
pub(super) const MAX: usize = 400;

/// The most characters of any paragraph: what no mark divides for so long is no sentence.
const UTMOST: usize = 1_000;

/// The longest sentence that rather tells what follows than ends what came before, in characters. One or two such
/// sentences go with what follows: 传承好作风。严谨是基本要求。
const MAX_TOPIC: usize = 25;

/// A paragraph in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub(super) span: Span,
    pub(super) node: NodeId,
    /// The node of its last block.
    last: NodeId,
    /// Whether it says little of its own before what is further in: it ends with a label, or with 要做到以下几点.
    leads_in: bool,
    /// What ends it, and so what of the next block belongs to it.
    ending: BlockRole,
    /// Whether a heading opens it, so that it cannot follow another paragraph.
    headed: bool,
    /// Whether it has parts of several headings, and so stands under what is above them.
    gathers: bool,
}

/// Packs a text's blocks, in order, in linear time.
pub(super) fn pack<E>(text: &str, outline: &Outline, goes_on: GoesOn<'_, E>) -> Result<Vec<Draft>, E> {
    let mut packing = Packing { outline, open: None, attached: None, gathered: Vec::new() };
    for block in &outline.blocks {
        goes_on()?;
        let draft = packing.open.as_mut().filter(|draft| draft.takes(block, outline));
        let lead = draft.as_ref().map_or(0, |draft| block.span.start.character() - draft.span.start.character());
        let mut pieces = cut(text, block.span, lead, goes_on)?.into_iter();
        if let Some((draft, first)) = draft.and_then(|draft| Some((draft, pieces.next()?))) {
            draft.append(block, first, outline);
        }
        pieces.for_each(|piece| packing.begin(Draft::of(block, piece, outline)));
    }
    Ok(packing.finish())
}

/// Paragraphs on their way: each is compared with the one before it twice, first under its heading, then wherever it
/// stands. Only what came out at the end is kept.
struct Packing<'t> {
    outline: &'t Outline,
    /// What the next block may belong to.
    open: Option<Draft>,
    /// The last that is filled, and what stayed short attached to it.
    attached: Option<Draft>,
    gathered: Vec<Draft>,
}

impl Packing<'_> {
    /// Goes on to another paragraph.
    fn begin(&mut self, draft: Draft) {
        if let Some(filled) = self.open.replace(draft) {
            self.attach(filled);
        }
    }

    fn finish(mut self) -> Vec<Draft> {
        if let Some(filled) = self.open.take() {
            self.attach(filled);
        }
        if let Some(attached) = self.attached.take() {
            self.gather(attached);
        }
        self.gathered
    }

    /// Attaches a paragraph that stayed short to the one before, where they stand under the same heading.
    fn attach(&mut self, draft: Draft) {
        match &mut self.attached {
            Some(before) if before.takes_short(&draft, self.outline) => {
                before.extend(draft.span, draft.node, self.outline);
                before.ending = draft.ending;
            }
            attached => {
                if let Some(attached) = attached.replace(draft) {
                    self.gather(attached);
                }
            }
        }
    }

    /// Joins neighbours that say too little each, whatever they stand under, so that a text cannot be nearly all headings.
    fn gather(&mut self, draft: Draft) {
        match self.gathered.last_mut() {
            Some(before) if before.is_crumb_with(&draft) => {
                before.node = self.outline.common_ancestor(before.node, draft.node);
                before.span.end = draft.span.end;
            }
            _ => self.gathered.push(draft),
        }
    }
}

impl Draft {
    fn of(block: &Block, span: Span, outline: &Outline) -> Self {
        Self {
            span,
            node: block.node,
            last: block.node,
            leads_in: outline.characters_beside_label(block, span) < MIN_LEAD_IN,
            ending: block.role,
            headed: block.role == BlockRole::Heading,
            gathers: false,
        }
    }

    /// Whether a heading or a lead-in ends it, so that it needs what follows.
    fn is_pending(&self) -> bool {
        matches!(self.ending, BlockRole::Heading | BlockRole::Lead)
    }

    /// Whether a block may be the text of the member of an enumeration that ends it.
    fn leads_to(&self, block: &Block) -> bool {
        matches!(self.ending, BlockRole::Member { .. }) && block.role == BlockRole::Body
    }

    /// Whether the next paragraph is too short to stand alone, and goes with this one.
    fn takes_short(&self, next: &Self, outline: &Outline) -> bool {
        let (part, next_part) = (outline.part(self.last), outline.part(next.node));
        // What follows the last member and is no part of it goes with it only if it says too little by itself.
        let closes = || next.span.characters() < MIN_LEAD_IN && outline.contains(next.node, self.last);
        next.is_short()
            && !next.headed
            && self.ending != BlockRole::End
            && (part == next_part || closes())
            && self.fits(next.span, next.node, outline)
    }

    fn is_short(&self) -> bool {
        self.span.characters() < MIN
    }

    /// Whether this and the next paragraph are short, and one of them far too short.
    fn is_crumb_with(&self, next: &Self) -> bool {
        let (left, right) = (self.span.characters(), next.span.characters());
        let together = next.span.end.character() - self.span.start.character();
        left.min(right) < CRUMB && left.max(right) < MIN && together <= MAX
    }

    /// Whether the start of a block belongs to this paragraph; if it is a long block, its first part.
    fn takes(&self, block: &Block, outline: &Outline) -> bool {
        let lead = block.span.start.character() - self.span.start.character();
        let fits = self.fits(block.span, block.node, outline);
        match block.role {
            _ if self.ending == BlockRole::End => false,
            _ if self.is_pending() => lead <= MAX && outline.contains(self.node, block.node),
            _ if outline.part(self.last) != outline.part(block.node) => {
                self.leads_in && lead <= MAX_LEAD && outline.contains(self.node, block.node)
            }
            BlockRole::Lead if outline.share_article(self.last, block.node) => fits,
            BlockRole::Heading | BlockRole::Lead => self.is_short() && outline.contains(self.node, block.node) && fits,
            _ if outline.share_article(self.last, block.node) => fits,
            BlockRole::ShortMember { .. } if matches!(self.ending, BlockRole::ShortMember { .. }) => fits,
            BlockRole::ShortMember { list_end } if outline.contains(self.node, block.node) => {
                let list_end = list_end as usize;
                let list_fits = list_end - self.span.start.character() <= MAX;
                let list_is_long = list_end - block.span.start.character() > MAX;
                fits && (list_fits || list_is_long || self.is_short())
            }
            _ if block.span.characters() > MAX || self.leads_to(block) && !fits => {
                self.is_short() && lead <= MAX && outline.contains(self.node, block.node)
            }
            _ => self.is_short() && fits,
        }
    }

    /// Whether a text of another node stands under the same heading and leaves the paragraph short enough.
    fn fits(&self, span: Span, node: NodeId, outline: &Outline) -> bool {
        span.end.character() - self.span.start.character() <= MAX
            && (outline.contains(self.node, node)
                || outline.contains(node, self.node)
                || outline.common_parent(self.node, node).is_some())
    }

    fn append(&mut self, block: &Block, piece: Span, outline: &Outline) {
        let was_pending = self.is_pending();
        let leads_in = self.leads_in && outline.part(self.last) != outline.part(block.node);
        if was_pending || leads_in {
            self.node = block.node;
            self.span.end = piece.end;
        } else {
            self.extend(piece, block.node, outline);
        }
        self.headed |= block.role == BlockRole::Heading;
        // In an article a lead-in is text like any other: the article may have many, and be long already.
        let in_article = block.role == BlockRole::Lead && outline.share_article(self.last, block.node);
        self.ending = if in_article { BlockRole::Body } else { block.role };
        self.last = block.node;
        let is_pure = was_pending || self.is_short() || block.role != BlockRole::Body;
        self.leads_in = is_pure && outline.characters_beside_label(block, piece) < MIN_LEAD_IN;
    }

    /// Takes in a text; the paragraph then stands under the heading of its longer part, or above both if neither
    /// stands under the other.
    fn extend(&mut self, span: Span, node: NodeId, outline: &Outline) {
        if outline.contains(self.node, node) || outline.contains(node, self.node) {
            if span.characters() > self.span.characters() && !(self.gathers && outline.contains(self.node, node)) {
                self.node = node;
            }
        } else if let Some(parent) = outline.common_parent(self.node, node) {
            (self.node, self.gathers) = (parent, true);
        }
        self.span.end = span.end;
    }
}

/// Cuts a text that is too long with `lead` characters before it into parts of about [`TARGET`]: before sentences that
/// are built alike, if it has some, and what is then still too long evenly.
///
/// There is always a first part.
fn cut<E>(text: &str, span: Span, lead: usize, goes_on: GoesOn<'_, E>) -> Result<Vec<Span>, E> {
    if lead + span.characters() <= MAX {
        return Ok(vec![span]);
    }
    let units = units(text, span, lead, MAX, UTMOST, goes_on)?;
    let opens = parallels(text, &units);
    let (mut pieces, mut start, mut before) = (Vec::new(), 0, lead);
    while start < units.len() {
        goes_on()?;
        let end = group_end(&units, &opens, start, before);
        cut_evenly(&units[start..end], before, &mut pieces);
        (start, before) = (end, 0);
    }
    Ok(pieces)
}

/// Where those units end that go together: parts that open alike, as many as [`TARGET`] has room for.
fn group_end(units: &[Span], opens: &[bool], start: usize, lead: usize) -> usize {
    let characters = |from: usize, to: usize| units[to - 1].end.character() - units[from].start.character();
    let next_part = |from: usize| (from + 1..units.len()).find(|&at| opens[at]).unwrap_or(units.len());
    let mut end = next_part(start);
    while end < units.len() {
        let (so_far, next) = (lead + characters(start, end), next_part(end));
        let part = characters(end, next);
        let ends_short = part < MIN && next == units.len() && so_far + part <= MAX;
        // A part that is short goes with the next.
        if so_far >= MIN && !ends_short && (so_far + part > TARGET || part < MIN) {
            break;
        }
        end = next;
    }
    end
}

/// Cuts units with `lead` characters before them into parts of about [`TARGET`].
fn cut_evenly(units: &[Span], mut lead: usize, pieces: &mut Vec<Span>) {
    let (Some(first), Some(last)) = (units.first(), units.last()) else { return };
    let characters = lead + last.end.character() - first.start.character();
    if characters <= MAX {
        return pieces.push(Span { start: first.start, end: last.end });
    }
    let parts = (characters + TARGET / 2) / TARGET;
    let ideal = characters.div_ceil(parts);
    let (mut start, mut topic) = (first.start, first.start);
    for unit in units {
        let so_far = lead + unit.start.character() - start.character();
        let is_full = so_far + unit.characters() > MAX || so_far + unit.characters() / 2 > ideal;
        if unit.start != start && is_full {
            let stays = lead + topic.character() - start.character();
            let with_topic = unit.end.character() - topic.character();
            let end = if topic != start && stays >= MIN && with_topic <= MAX { topic } else { unit.start };
            pieces.push(Span { start, end });
            (start, lead) = (end, 0);
        }
        if unit.characters() > MAX_TOPIC || unit.end.character() - topic.character() > 2 * MAX_TOPIC {
            topic = unit.end;
        }
    }
    pieces.push(Span { start, end: last.end });
}

#[cfg(test)]
mod tests {
    use super::{super::nesting::outline, *};
    use crate::text::to_the_end;

    fn outlined(text: &str) -> Outline {
        to_the_end(|goes_on| outline(text, None, goes_on))
    }

    fn packed(text: &str, outline: &Outline) -> Vec<Draft> {
        to_the_end(|goes_on| pack(text, outline, goes_on))
    }

    /// The lengths of the paragraphs, in characters.
    fn check(text: &str, expected: &[usize]) {
        let drafts = packed(text, &outlined(text));
        assert_eq!(drafts.iter().map(|draft| draft.span.characters()).collect::<Vec<_>>(), expected);
    }

    /// A sentence of so many characters.
    fn sentence(characters: usize) -> String {
        format!("{}。", "字".repeat(characters - 1))
    }

    #[test]
    fn long_texts_are_cut_into_even_parts() {
        check(&sentence(40).repeat(10), &[400]);
        check(&sentence(40).repeat(12), &[240, 240]);
        check(&sentence(40).repeat(25), &[240, 240, 240, 280]);
    }

    #[test]
    fn long_sentences_are_cut_where_a_mark_divides_them() {
        check(&format!("{}；{}；{}", "字".repeat(200), "字".repeat(99), sentence(150)), &[201, 250]);
        check(&format!("{}，{}", "字".repeat(300), sentence(300)), &[301, 300]);
        check(&format!("{}、{}", "字".repeat(300), sentence(300)), &[301, 300]);
        check(&[sentence(100), format!("{}，{}", "字".repeat(249), sentence(200))].concat(), &[350, 200]);
    }

    #[test]
    fn what_no_mark_divides_stays_whole_up_to_a_thousand_characters() {
        check(&sentence(1_000), &[1_000]);
        check(&sentence(1_100), &[1_000, 100]);
        check(&format!("{}，{}", "字".repeat(899), sentence(300)), &[900, 300]);
        check(&[sentence(20), sentence(450), sentence(20)].concat(), &[20, 450, 20]);
        check(&format!("标题\n{}", sentence(999)), &[1_000, 2]);
    }

    #[test]
    fn short_neighbours_go_together() {
        check(&[sentence(30), sentence(300), sentence(30)].join("\n"), &[362]);
        check(&[sentence(100), sentence(100)].join("\n"), &[100, 100]);
        check(&[sentence(390), sentence(30)].join("\n"), &[390, 30]);
    }

    #[test]
    fn a_heading_is_not_cut_off_from_a_text_that_opens_with_a_topic() {
        let body = [sentence(16), format!("{}{}", "字".repeat(16) + "，", "字，".repeat(170)), sentence(20)].concat();
        let text = format!("# 报告\n{}\n## 工作回顾\n{body}", sentence(50));
        let outline = outlined(&text);
        let drafts = packed(&text, &outline);
        assert!(drafts.len() > 1);
        assert!(drafts.iter().all(|draft| !draft.span.trimmed(&text).text(&text).ends_with("回顾")), "{drafts:?}");
    }

    #[test]
    fn a_member_goes_with_its_text() {
        let members = ["一", "二"].map(|number| format!("{number}、{}\n{}\n", sentence(27), sentence(130).repeat(3)));
        check(&members.concat(), &[160, 260, 160, 260]);
    }

    #[test]
    fn far_neighbours_stay_apart() {
        check(&format!("甲。{}{}", "\n".repeat(2_000), sentence(500)), &[2, 500]);
        check(&format!("标题{}{}", "\n".repeat(2_000), sentence(500)), &[2, 500]);
    }

    #[test]
    fn crumbs_under_many_headings_go_together() {
        check(&"# 一\n二。\n".repeat(20), &[62, 62, 13]);
        let headed = |characters: usize| format!("# 标题\n{}", sentence(characters - 5));
        check(&[headed(19), headed(40), headed(40)].join("\n"), &[60, 40]);
        check(&[headed(20), headed(20), headed(59)].join("\n"), &[20, 20, 59]);
        check(&[headed(19), headed(60), headed(19)].join("\n"), &[19, 60, 19]);
        check(&format!("{}{}{}", headed(6), "\n".repeat(400), headed(6)), &[6, 6]);
    }

    #[test]
    fn crumbs_stand_under_the_heading_of_all() {
        let text = "# 一\n## 二\n甲。\n## 三\n乙。\n# 四\n丙。\n".to_owned();
        let labels = |text: &str| {
            let outline = outlined(text);
            let path = |draft: Draft| {
                let labels = outline.labels(draft.node, draft.span.start).map(|label| label.text(text));
                let mut path: Vec<&str> = labels.collect();
                path.reverse();
                path.concat()
            };
            packed(text, &outline).into_iter().map(path).collect::<Vec<_>>()
        };
        assert_eq!(labels(&text), [""]);
        assert_eq!(labels(text.split_inclusive("乙。").next().unwrap()), ["一"]);
    }

    #[test]
    fn a_heading_counts_as_part_of_what_it_heads() {
        check(&format!("标题\n{}", sentence(200).repeat(2)), &[203, 200]);
    }
}
