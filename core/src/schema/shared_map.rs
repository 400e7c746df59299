//! An ordered map whose clones share what they have in common, so that a copy of a schema before every change is cheap.
//!
//! Entries stand sorted in chunks. A clone shares all of them; a change copies the one chunk that it touches.

use std::sync::Arc;

/// Entries in a chunk at the most; a full one is split in two.
const CHUNK: usize = 32;

type Chunk<V> = Vec<(Arc<str>, V)>;

/// The map. No chunk is ever empty.
#[derive(Clone, Debug)]
pub(super) struct SharedMap<V> {
    chunks: Arc<Vec<Arc<Chunk<V>>>>,
}

impl<V> Default for SharedMap<V> {
    fn default() -> SharedMap<V> {
        SharedMap { chunks: Arc::new(Vec::new()) }
    }
}

impl<V: PartialEq> PartialEq for SharedMap<V> {
    fn eq(&self, other: &SharedMap<V>) -> bool {
        Arc::ptr_eq(&self.chunks, &other.chunks) || self.iter().eq(other.iter())
    }
}

impl<V> SharedMap<V> {
    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &V)> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).map(|(key, value)| (key, value))
    }

    /// All values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        let chunk = self.chunks.get(self.chunk_of(key))?;
        let position = position(chunk, key).ok()?;
        chunk.get(position).map(|(_, value)| value)
    }

    /// The first chunk whose last key is not less than the key: where it stands, or belongs.
    fn chunk_of(&self, key: &str) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|(last, _)| last.as_ref() < key))
    }
}

impl<V: Clone> SharedMap<V> {
    /// The value of a key, to be changed; copies its chunk if a clone shares it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let index = self.chunk_of(key);
        let position = position(self.chunks.get(index)?, key).ok()?;
        let chunk = Arc::make_mut(Arc::make_mut(&mut self.chunks).get_mut(index)?);
        chunk.get_mut(position).map(|(_, value)| value)
    }

    /// Puts a value under a key, in place of the one that stood there.
    pub fn insert(&mut self, key: &str, value: V) {
        if let Some(existing) = self.get_mut(key) {
            *existing = value;
            return;
        }
        let index = self.chunk_of(key).min(self.chunks.len().saturating_sub(1));
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(shared) = chunks.get_mut(index) else {
            chunks.push(Arc::new(vec![(key.into(), value)]));
            return;
        };
        let position = position(shared, key).unwrap_or_else(|place| place);
        let entry = (key.into(), value);
        let chunk = match Arc::get_mut(shared) {
            Some(chunk) => {
                chunk.insert(position, entry);
                chunk
            }
            // Copied with the entry in its place: a copy first would have to grow, to twice its size, and every copy of a schema keeps it.
            None => {
                let mut copy = Vec::with_capacity(shared.len() + 1);
                let (before, behind) = shared.split_at(position);
                copy.extend_from_slice(before);
                copy.push(entry);
                copy.extend_from_slice(behind);
                *shared = Arc::new(copy);
                Arc::make_mut(shared)
            }
        };
        if chunk.len() > CHUNK {
            let second = chunk.split_off(CHUNK / 2);
            chunks.insert(index + 1, Arc::new(second));
        }
    }

    /// Takes a key out and returns what stood under it.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let index = self.chunk_of(key);
        let position = position(self.chunks.get(index)?, key).ok()?;
        let chunks = Arc::make_mut(&mut self.chunks);
        let chunk = Arc::make_mut(chunks.get_mut(index)?);
        let (_, value) = chunk.remove(position);
        if chunk.is_empty() {
            chunks.remove(index);
        }
        Some(value)
    }
}

fn position<V>(chunk: &Chunk<V>, key: &str) -> Result<usize, usize> {
    chunk.binary_search_by(|(candidate, _)| candidate.as_ref().cmp(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(64) })]

        #[test]
        fn it_holds_what_a_map_of_the_library_holds(steps in prop::collection::vec((any::<bool>(), 0u16..400, any::<u8>()), 0..1500)) {
            let mut ours = SharedMap::default();
            let mut theirs = BTreeMap::new();
            for (index, (removes, number, value)) in steps.into_iter().enumerate() {
                let key = format!("key{number}");
                if removes && index % 3 == 0 {
                    prop_assert_eq!(ours.remove(&key), theirs.remove(&key));
                } else {
                    ours.insert(&key, value);
                    theirs.insert(key.clone(), value);
                }
                prop_assert_eq!(ours.get(&key), theirs.get(&key));
                prop_assert_eq!(ours.is_empty(), theirs.is_empty());
            }
            prop_assert!(ours.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK));
            prop_assert!(ours.iter().map(|(key, value)| (key.to_string(), *value)).eq(theirs));
        }
    }

    #[test]
    fn a_clone_does_not_see_later_changes() {
        let mut map = SharedMap::default();
        for number in 0..200 {
            map.insert(&format!("{number:03}"), number);
        }
        let before = map.clone();
        map.insert("100", -1);
        map.remove("101");
        assert_eq!((before.get("100"), before.get("101")), (Some(&100), Some(&101)));
        assert_eq!((map.get("100"), map.get("101")), (Some(&-1), None));
        assert!(before != map);
    }
}
