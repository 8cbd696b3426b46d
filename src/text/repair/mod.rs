//! Repair: cuts damage out of a text, and remembers where.
//!
//! It only ever cuts. What is left is the original, character for character, and every cut is on record with the
//! rule that made it, so that a quotation can be traced back to the bytes it came from. Each rule is a function from
//! a text to ranges of it, in order; [`chain`] has the order of the rules, which know nothing of each other.

mod boilerplate;
mod chain;
mod glosses;
mod line;
mod navigation;
mod own_lines;
mod page_breaks;
mod page_numbers;
mod repaired;
mod repeated_lines;
mod rule;
mod scan;
mod site_lines;
#[cfg(test)]
mod tests;
mod zero_width;

pub use chain::{edge_lines, repair, repair_and_name, repair_while};
pub use repaired::{Edit, Repaired};
pub use repeated_lines::{EdgeLine, MIN_DOCUMENTS_WITH_LINE, RepeatedLines};
pub use rule::Rule;
