//! The documents that were sent and not yet acknowledged.

use std::{collections::VecDeque, sync::Arc};

use super::{Place, reader::Sent};

/// Documents by their numbers, from the one after the last that was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Unacknowledged {
    acknowledged_through: u64,
    sent: VecDeque<Sent>,
}

impl Unacknowledged {
    /// Adds the document with the next number.
    pub(super) fn push(&mut self, sent: Sent) {
        self.sent.push_back(sent);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    /// Says where the document with a number stands.
    pub(super) fn place(&self, number: u64) -> Place {
        match self.index(number).and_then(|index| self.sent.get(index)) {
            Some(sent) => sent.place.clone(),
            // The service names a document that it was never sent, or named before.
            None => Place { file: Arc::from(format!("document {number} of the import")), line: None },
        }
    }

    /// Takes note that a document was refused: its text does not count.
    pub(super) fn refuse(&mut self, number: u64) {
        if let Some(sent) = self.index(number).and_then(|index| self.sent.get_mut(index)) {
            sent.text_bytes = 0;
            sent.is_refused = true;
        }
    }

    /// Forgets the documents up to a number and says which these were.
    pub(super) fn acknowledge_through(&mut self, number: u64) -> Vec<Sent> {
        let run = number.saturating_sub(self.acknowledged_through);
        let run = usize::try_from(run).unwrap_or(usize::MAX).min(self.sent.len());
        self.acknowledged_through += run as u64;
        self.sent.drain(..run).collect()
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.acknowledged_through + 1)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_forgotten_as_they_are_acknowledged() {
        let mut unacknowledged = Unacknowledged::default();
        for line in 1..=3 {
            let place = Place { file: "a.jsonl".into(), line: Some(line * 10) };
            let sent = Sent { place, document_id: String::new(), text_bytes: line, stamp: None, is_refused: false };
            unacknowledged.push(sent);
        }
        assert_eq!(unacknowledged.place(2).to_string(), "a.jsonl:20");
        unacknowledged.refuse(2);
        let bytes = |sent: Vec<Sent>| sent.iter().map(|sent| sent.text_bytes).collect::<Vec<_>>();
        assert_eq!(bytes(unacknowledged.acknowledge_through(2)), [1, 0]);
        assert_eq!(bytes(unacknowledged.acknowledge_through(2)), [0; 0]);
        assert_eq!(unacknowledged.place(2).to_string(), "document 2 of the import");
        assert_eq!(unacknowledged.place(3).to_string(), "a.jsonl:30");
        assert_eq!(unacknowledged.place(0).to_string(), "document 0 of the import");
        assert_eq!(bytes(unacknowledged.acknowledge_through(u64::MAX)), [3]);
        assert_eq!(unacknowledged.len(), 0);
    }
}
