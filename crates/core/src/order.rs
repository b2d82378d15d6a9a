//! The order of a graph: which task first, so that few results are alive at a time.
//!
//! The order is what one careful thread would do: finish a branch, so that its inputs can be let
//! go, before a new one is opened. The scheduler's queues then follow it at run time.
//!
//! Three rules make it, each in time linear in the edges:
//! 1. **Depth first.** To compute a task, compute what it needs, the need that keeps most results
//!    alive first (the numbering of Sethi and Ullman; shared needs are counted as if they were not).
//! 2. **Free steps at once.** A task that may run and is the last one to need some result replaces
//!    that result by its own, so waiting with it saves nothing. This makes chains contiguous, fires
//!    reductions as soon as they are complete, and carries several reductions over one input along
//!    together. A mere fan-out is not free, so it waits.
//! 3. **Go on where results are.** The next target is a task that needs the result that was made
//!    last and is still needed. Only when nothing is alive is a new part of the graph opened, at its
//!    first sink.
//!
//! Where much is shared, the numbering may mislead: what several tasks need is held for the last of
//! them. So when many results would be alive, the walk is made once more with needs as they are
//! listed, and the order with fewer alive at once is taken.

/// An order with at most this many results alive, beside those that one task needs at once, is good
/// enough: no other is looked for.
const FEW_ALIVE: u32 = 64;

/// Most dependents of one result that are compared when the next target is chosen among them.
const LOOK_AHEAD: usize = 16;

/// The place of each task in a depth-first, memory-aware order.
///
/// The dependencies of task `i` are `dependencies[dependency_ends[i - 1]..dependency_ends[i]]`
/// (from 0 for the first task); with no ends at all, no task has any. Every task comes after all
/// that it depends on. The order depends on nothing but the arguments.
///
/// In a graph with a cycle (see [`find_cycle`]), the tasks of cycles and those that need them come
/// last, as numbered.
///
/// ```
/// # use taskloom_core::order::depth_first;
/// // Two pairs are added: 0 and 1 into 4, 2 and 3 into 5, then 4 and 5 into 6.
/// let place = depth_first(7, &[0, 0, 0, 0, 2, 4, 6], &[0, 1, 2, 3, 4, 5]);
/// assert_eq!(place, [0, 1, 3, 4, 2, 5, 6]);
/// ```
pub fn depth_first(tasks: usize, dependency_ends: &[u32], dependencies: &[u32]) -> Vec<u32> {
    if dependencies.is_empty() || dependency_ends.len() != tasks {
        return (0..tasks as u32).collect();
    }
    let needs = Edges::new(dependency_ends, dependencies);
    let users = needs.reversed();
    let mut topological = topological(&needs, &users);
    if topological.len() == tasks {
        return best(needs, &users, &topological);
    }
    let mut place = vec![NOWHERE; tasks];
    for (at, &task) in topological.iter().enumerate() {
        place[task as usize] = at as u32;
    }
    topological.extend((0..tasks as u32).filter(|&task| place[task as usize] == NOWHERE));
    for (at, &task) in topological.iter().enumerate() {
        place[task as usize] = at as u32;
    }
    place
}

/// The better of the two walks.
fn best(mut needs: Edges, users: &Edges, topological: &[u32]) -> Vec<u32> {
    let listed = needs.ends.clone();
    sort_by_weight(&mut needs, topological);
    let order = Walk::new(&needs, users).run();
    let widest = (0..needs.tasks() as u32)
        .map(|task| needs.count(task))
        .max();
    if order.peak <= widest.unwrap_or(0) + FEW_ALIVE || needs.ends == listed {
        return order.place;
    }
    needs.ends = listed;
    let other = Walk::new(&needs, users).run();
    if other.peak < order.peak {
        other.place
    } else {
        order.place
    }
}

/// The tasks of one cycle, each needing the next and the last one the first; `None` if there is no
/// cycle. The arguments are those of [`depth_first`].
pub fn find_cycle(tasks: usize, dependency_ends: &[u32], dependencies: &[u32]) -> Option<Vec<u32>> {
    if dependencies.is_empty() || dependency_ends.len() != tasks {
        return None;
    }
    let needs = Edges::new(dependency_ends, dependencies);
    let mut left = vec![true; tasks];
    let sorted = topological(&needs, &needs.reversed());
    if sorted.len() == tasks {
        return None;
    }
    for task in sorted {
        left[task as usize] = false;
    }
    // What is left needs something that is left, so going down must come by a task twice.
    let mut seen = vec![u32::MAX; tasks];
    let mut path = Vec::new();
    let mut at = left.iter().position(|&left| left)? as u32;
    while seen[at as usize] == u32::MAX {
        seen[at as usize] = path.len() as u32;
        path.push(at);
        at = needs
            .of(at)
            .iter()
            .copied()
            .find(|&need| left[need as usize])?;
    }
    Some(path.split_off(seen[at as usize] as usize))
}

/// Edges in compressed rows.
struct Edges {
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Edges {
    fn new(dependency_ends: &[u32], dependencies: &[u32]) -> Self {
        let starts = std::iter::once(0)
            .chain(dependency_ends.iter().copied())
            .collect();
        Self {
            starts,
            ends: dependencies.to_vec(),
        }
    }

    fn tasks(&self) -> usize {
        self.starts.len() - 1
    }

    fn range(&self, task: u32) -> std::ops::Range<usize> {
        self.starts[task as usize] as usize..self.starts[task as usize + 1] as usize
    }

    fn of(&self, task: u32) -> &[u32] {
        &self.ends[self.range(task)]
    }

    fn count(&self, task: u32) -> u32 {
        self.starts[task as usize + 1] - self.starts[task as usize]
    }

    /// The same edges seen from their other ends, each row ascending.
    fn reversed(&self) -> Self {
        let mut starts = vec![0_u32; self.tasks() + 1];
        for &end in &self.ends {
            starts[end as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut fill = starts.clone();
        let mut ends = vec![0; self.ends.len()];
        for task in 0..self.tasks() as u32 {
            for &end in self.of(task) {
                ends[fill[end as usize] as usize] = task;
                fill[end as usize] += 1;
            }
        }
        Self { starts, ends }
    }
}

/// All tasks that no cycle is under, each after what it needs.
fn topological(needs: &Edges, users: &Edges) -> Vec<u32> {
    let mut missing: Vec<u32> = (0..needs.tasks() as u32)
        .map(|task| needs.count(task))
        .collect();
    let mut sorted: Vec<u32> = Vec::with_capacity(needs.tasks());
    sorted.extend((0..needs.tasks() as u32).filter(|&task| missing[task as usize] == 0));
    let mut next = 0;
    while next < sorted.len() {
        for &user in users.of(sorted[next]) {
            missing[user as usize] -= 1;
            if missing[user as usize] == 0 {
                sorted.push(user);
            }
        }
        next += 1;
    }
    sorted
}

/// How many results are alive at once while a task is computed, as if nothing under it were shared,
/// and how many tasks that is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Weight {
    alive: u32,
    tasks: u32,
}

const NOWHERE: u32 = u32::MAX;

/// What a walk found.
struct Order {
    place: Vec<u32>,
    /// The most results that are alive at once; what nobody needs counts only while it is made.
    peak: u32,
}

/// The walk over the graph.
struct Walk<'a> {
    needs: &'a Edges,
    users: &'a Edges,
    /// Per task, how many of its needs have no place yet.
    missing: Vec<u32>,
    /// Per task, how many of its users have no place yet.
    remaining: Vec<u32>,
    place: Vec<u32>,
    placed: u32,
    /// Per task, where in its row of users the first one without a place may be.
    cursor: Vec<u32>,
    /// Tasks with a place whose results may still be needed, the latest last.
    alive: Vec<u32>,
    /// Tasks that may be free steps.
    free: Vec<u32>,
    /// How many results are alive, and were at most.
    held: u32,
    peak: u32,
}

impl<'a> Walk<'a> {
    fn new(needs: &'a Edges, users: &'a Edges) -> Self {
        let tasks = needs.tasks();
        let missing = (0..tasks as u32).map(|task| needs.count(task)).collect();
        let remaining = (0..tasks as u32).map(|task| users.count(task)).collect();
        Self {
            needs,
            users,
            missing,
            remaining,
            place: vec![NOWHERE; tasks],
            placed: 0,
            cursor: vec![0; tasks],
            alive: Vec::new(),
            free: Vec::new(),
            held: 0,
            peak: 0,
        }
    }

    fn run(mut self) -> Order {
        let tasks = self.needs.tasks() as u32;
        for sink in 0..tasks {
            if self.users.count(sink) > 0 || self.has_place(sink) {
                continue;
            }
            self.compute(sink);
            while let Some(target) = self.next_target() {
                self.compute(target);
            }
        }
        Order {
            place: self.place,
            peak: self.peak,
        }
    }

    fn has_place(&self, task: u32) -> bool {
        self.place[task as usize] != NOWHERE
    }

    /// A task that needs the latest result that is alive; of several, one that misses least.
    fn next_target(&mut self) -> Option<u32> {
        while let Some(&source) = self.alive.last() {
            if self.remaining[source as usize] == 0 {
                self.alive.pop();
                continue;
            }
            let row = self.users.of(source);
            let mut from = self.cursor[source as usize] as usize;
            while from < row.len() && self.place[row[from] as usize] != NOWHERE {
                from += 1;
            }
            self.cursor[source as usize] = from as u32;
            let near = row[from..].iter().take(LOOK_AHEAD).copied();
            let best = near
                .filter(|&user| self.place[user as usize] == NOWHERE)
                .min_by_key(|&user| self.missing[user as usize]);
            if best.is_some() {
                return best;
            }
            self.alive.pop();
        }
        None
    }

    /// Gives a place to a task and before it to all it needs.
    fn compute(&mut self, target: u32) {
        // Each task on the way down, and which of its needs is to be looked at next.
        let mut way: Vec<(u32, u32)> = vec![(target, 0)];
        while let Some((task, next)) = way.last_mut() {
            let (task, at) = (*task, *next as usize);
            if self.has_place(task) {
                way.pop();
                continue;
            }
            match self.needs.of(task).get(at) {
                Some(&need) => {
                    *next += 1;
                    if !self.has_place(need) {
                        way.push((need, 0));
                    }
                }
                None => {
                    way.pop();
                    self.put(task);
                    self.take_free_steps();
                }
            }
        }
    }

    fn put(&mut self, task: u32) {
        self.place[task as usize] = self.placed;
        self.placed += 1;
        self.peak = self.peak.max(self.held + 1);
        if self.remaining[task as usize] > 0 {
            self.held += 1;
            self.alive.push(task);
        }
        // The last in is tried first: what this task makes possible comes before what it leaves as
        // the last user of one of its needs, and lower numbers come first.
        for at in self.needs.range(task).rev() {
            let need = self.needs.ends[at];
            self.remaining[need as usize] -= 1;
            if self.remaining[need as usize] == 0 {
                self.held -= 1;
            }
            if self.remaining[need as usize] == 1 {
                let users = self.users.of(need).iter();
                self.free
                    .extend(users.filter(|&&user| self.place[user as usize] == NOWHERE));
            }
        }
        for at in self.users.range(task).rev() {
            let user = self.users.ends[at];
            self.missing[user as usize] -= 1;
            if self.missing[user as usize] == 0 {
                self.free.push(user);
            }
        }
    }

    fn take_free_steps(&mut self) {
        while let Some(task) = self.free.pop() {
            let lets_go = |&need: &u32| self.remaining[need as usize] == 1;
            if !self.has_place(task)
                && self.missing[task as usize] == 0
                && self.needs.of(task).iter().any(lets_go)
            {
                self.put(task);
            }
        }
    }
}

/// Sorts each row of needs: what keeps most alive first, then what is most work, then by number.
fn sort_by_weight(needs: &mut Edges, topological: &[u32]) {
    let mut weight = vec![Weight::default(); needs.tasks()];
    for &task in topological {
        let range = needs.range(task);
        let row = &mut needs.ends[range];
        if row.len() > 1 {
            let key = |need: u32| (std::cmp::Reverse(weight[need as usize]), need);
            if !row.is_sorted_by_key(|&need| key(need)) {
                row.sort_unstable_by_key(|&need| key(need));
            }
        }
        let mut sum = Weight { alive: 1, tasks: 1 };
        for (before, &need) in row.iter().enumerate() {
            let of = weight[need as usize];
            sum.alive = sum.alive.max(of.alive.saturating_add(before as u32));
            sum.tasks = sum.tasks.saturating_add(of.tasks);
        }
        weight[task as usize] = sum;
    }
}
