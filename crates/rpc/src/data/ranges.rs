//! One very large buffer in several streams, which are filled side by side.

use super::assembly::Assembly;
use super::buffers::Section;
use super::call::{CallError, ask, packing_word};
use super::connections::Lease;
use super::packing::Packing;
use super::pool::FetchItem;
use super::reader::{BEGIN, MORE, PieceHead, PieceSink};
use taskloom_core::WorkerId;
use taskloom_wire::proto;

/// What comes in one of the streams, over all its calls.
pub(super) struct RangeJob {
    item: FetchItem,
    /// Where the stretch goes on in the value's data.
    offset: u64,
    section: Section,
    packing: Packing,
    gone: bool,
}

impl RangeJob {
    /// The jobs that bring the buffer that is coming.
    pub(super) fn split(
        item: FetchItem,
        value: &mut Assembly,
        streams: usize,
        packing: Packing,
    ) -> Result<Vec<Self>, String> {
        let job = |(offset, section)| Self {
            item,
            offset,
            section,
            packing,
            gone: false,
        };
        Ok(value.split(streams)?.into_iter().map(job).collect())
    }

    /// What it has brought.
    pub(super) fn into_section(self) -> Section {
        self.section
    }

    /// What is still to come.
    pub(super) fn left(&self) -> usize {
        self.section.left()
    }

    /// Whether the holder has given the value up meanwhile.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Asks for what is still to come and takes it in.
    pub(super) async fn call(&mut self, lease: &Lease) -> Result<(), CallError> {
        let request = proto::FetchRequest {
            items: vec![proto::FetchItem {
                task: self.item.task.to_bits(),
                part: self.item.part.number(),
                offset: self.offset,
                holder: self.item.holder.map_or(0, WorkerId::to_bits),
                limit: self.section.left() as u64,
            }],
            memory: String::new(),
            packing: packing_word(self.packing).into(),
        };
        ask(lease, &request, self).await?;
        match self.section.left() {
            0 => Ok(()),
            _ => Err(CallError::Protocol(
                "the answer ended before its data".to_owned(),
            )),
        }
    }
}

impl PieceSink for RangeJob {
    fn begin(&mut self, head: PieceHead) -> Result<(), String> {
        match head.status {
            // The value is the one that began: a task's value is never replaced by another.
            BEGIN | MORE if head.item == 0 => Ok(()),
            _ => {
                self.gone = true;
                Err("the rest of a value is not there any more".to_owned())
            }
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), String> {
        let count = self.section.fill(bytes);
        self.offset += count as u64;
        match count == bytes.len() {
            true => Ok(()),
            false => Err("more data came than were asked for".to_owned()),
        }
    }
}
