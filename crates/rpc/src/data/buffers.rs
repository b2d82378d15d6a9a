//! Large receive buffers that are used again.

/// Large receive buffers: memory maps with huge pages, used again after the last `Bytes` on them is
/// dropped. Cheap to clone; all clones are one pool.
#[derive(Clone, Debug, Default)]
pub struct BufferPool(());

impl BufferPool {
    /// A pool that keeps at most this many unused bytes.
    pub fn new(_keep_bytes: u64) -> Self {
        todo!()
    }
}
