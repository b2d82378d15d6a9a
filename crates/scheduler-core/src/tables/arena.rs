//! Slots with generations for the few and large: workers and clients.

/// Values by slot. A slot is re-used under the next generation. Generations count from 1, so that no
/// id is 0 on the wire, where 0 stands for nobody.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Arena<T> {
    /// Puts in what `make` builds for the slot and generation it will have.
    pub(crate) fn insert(&mut self, make: impl FnOnce(u32, u32) -> T) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((1, None));
            self.slots.len() as u32 - 1
        });
        let (generation, value) = &mut self.slots[slot as usize];
        *value = Some(make(slot, *generation));
        self.len += 1;
        slot
    }

    /// Takes a value out; its id is stale from now on.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let (generation, value) = self.slots.get_mut(slot as usize)?;
        let value = value.take()?;
        *generation = generation.wrapping_add(1).max(1);
        self.free.push(slot);
        self.len -= 1;
        Some(value)
    }

    /// The slot of an id, unless it is stale.
    pub(crate) fn slot(&self, index: u32, generation: u32) -> Option<u32> {
        let (current, value) = self.slots.get(index as usize)?;
        (value.is_some() && *current == generation).then_some(index)
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.1.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.slots.get_mut(slot as usize)?.1.as_mut()
    }

    /// All values in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(slot, (_, value))| value.as_ref().map(|value| (slot as u32, value)))
    }

    /// All values in the order of their slots, to change.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        let slots = self.slots.iter_mut().enumerate();
        slots.filter_map(|(slot, (_, value))| value.as_mut().map(|value| (slot as u32, value)))
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
