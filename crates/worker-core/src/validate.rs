//! The invariants of the machine's tables, checked as a whole. For tests and simulations.

use crate::limits::{REQUESTS, REQUESTS_PER_PEER};
use crate::state::{How, Local, Place, Stage, WorkerCore};
use rustc_hash::FxHashMap;
use taskloom_core::arguments::Part;
use taskloom_core::check;

impl WorkerCore {
    /// Checks every invariant. Slow.
    pub fn validate(&self) {
        self.validate_runs();
        self.validate_load();
        self.validate_values();
        self.validate_wants();
    }

    fn validate_runs(&self) {
        let mut queued: FxHashMap<u32, usize> = FxHashMap::default();
        for entry in self.ready.iter() {
            *queued.entry(entry.at).or_default() += 1;
        }
        for (slot, run) in self.runs.iter() {
            let waits = |how: &How| *how != How::User;
            let missing = run.pins.iter().filter(|hold| waits(&hold.how)).count();
            check!(
                MissingCount,
                missing == run.missing as usize,
                "{} misses {missing}, not {}",
                run.run,
                run.missing
            );
            let has_all = missing == 0;
            let fits = match run.stage {
                Stage::Waiting => !has_all,
                Stage::Ready => has_all && run.compute.is_some(),
                _ => run.pins.is_empty() && run.compute.is_none(),
            };
            check!(
                OnePlace,
                fits,
                "{} is {:?} and misses {missing}",
                run.run,
                run.stage
            );
            let queued = queued.get(&slot).copied().unwrap_or(0);
            let expected = usize::from(run.stage == Stage::Ready);
            check!(
                OnePlace,
                queued == expected,
                "{} is queued {queued} times",
                run.run
            );
            let known = self.by_run.get(&run.run) == Some(&slot);
            let orphaned = run.stage == Stage::Orphaned;
            check!(
                TablesMatch,
                known != orphaned,
                "{} is {:?}",
                run.run,
                run.stage
            );
            for hold in &run.pins {
                self.validate_hold(slot, run.urgency.serial.0, hold);
            }
        }
        for (task, slot) in &self.makers {
            let makes = self.runs.get(*slot).is_some_and(|run| {
                run.task == *task
                    && matches!(run.stage, Stage::Waiting | Stage::Ready | Stage::Handed)
            });
            check!(TablesMatch, makes, "no run makes {task}");
        }
        for (run, slot) in &self.by_run {
            let right = self
                .runs
                .get(*slot)
                .is_some_and(|record| record.run == *run);
            check!(TablesMatch, right, "{run} names nothing");
        }
    }

    /// A pin stands where it says, so that something will happen to it: no run hangs.
    fn validate_hold(&self, slot: u32, serial: u64, hold: &crate::state::Hold) {
        let key = (hold.pin.task, hold.pin.part);
        let is_ours =
            |waiter: &crate::state::Waiter| waiter.slot == slot && waiter.serial == serial;
        let right = match (hold.how, self.values.get(&key)) {
            (How::User, Some(Local::Here(_))) => true,
            (How::Waiter, Some(Local::Wanted(want))) => self
                .wants
                .get(*want)
                .is_some_and(|want| want.waiters.iter().any(is_ours)),
            (How::Follower, _) => self.runs.iter().any(|(_, maker)| {
                maker.task == hold.pin.task && maker.followers.iter().any(is_ours)
            }),
            _ => false,
        };
        check!(
            HoldersMirror,
            right,
            "slot {slot} waits in vain for {key:?} as {:?}",
            hold.how
        );
    }

    fn validate_load(&self) {
        let with_executor = |stage| !matches!(stage, Stage::Waiting | Stage::Ready);
        let at = |place| {
            let with_executor = self
                .runs
                .iter()
                .filter(|(_, run)| with_executor(run.stage))
                .map(|(_, run)| run);
            with_executor.filter(move |run| run.place == place)
        };
        let handed: Vec<_> = at(Place::Slot).collect();
        let away = at(Place::Away).count() + at(Place::Returning).count();
        let given_up = at(Place::GivenUp).count();
        let long = handed.iter().filter(|run| run.estimate == 0).count();
        let behind: Vec<_> = at(Place::Behind).collect();
        let work: u64 = handed.iter().chain(&behind).map(|run| run.estimate).sum();
        let sums = (handed.len(), long, work, away, given_up, behind.len());
        let load = &self.load;
        let load = (
            load.handed,
            load.long,
            load.work,
            load.away,
            load.given_up,
            load.behind,
        );
        check!(
            OccupancySum,
            behind.iter().all(|run| run.estimate > 0),
            "a long run is behind another one"
        );
        check!(OccupancySum, sums == load, "{load:?} is not {sums:?}");
        let nthreads = self.config.nthreads as usize;
        check!(
            OccupancySum,
            long <= nthreads,
            "{long} long runs on {nthreads} threads"
        );
        for slot in &self.returning {
            let returning = self
                .runs
                .get(*slot)
                .is_some_and(|run| run.place == Place::Returning && run.stage == Stage::Handed);
            check!(TablesMatch, returning, "slot {slot} does not want back");
        }
        let waiting = at(Place::Returning).count();
        let queued = self.returning.len();
        check!(
            OnePlace,
            waiting == queued,
            "{waiting} want back, {queued} wait"
        );
        let known = |(slot, run): (u32, &crate::state::Run)| {
            run.deadline
                .is_none_or(|at| self.deadlines.contains(&(at, slot)))
        };
        check!(
            TablesMatch,
            self.runs.iter().all(known),
            "a deadline is not kept"
        );
        let deadlines = self.runs.iter().filter(|(_, run)| run.deadline.is_some());
        check!(
            TablesMatch,
            deadlines.count() == self.deadlines.len(),
            "a deadline of nobody"
        );
        let heeded = self.runs.iter().all(|(_, run)| {
            !matches!(run.stage, Stage::Cancelled | Stage::Orphaned)
                || run.deadline.is_some()
                || run.place != Place::Slot
        });
        check!(TablesMatch, heeded, "a run could keep its slot for ever");
    }

    fn validate_values(&self) {
        let mut users: FxHashMap<_, u32> = FxHashMap::default();
        for (_, run) in self.runs.iter() {
            for hold in run.pins.iter().filter(|hold| hold.how == How::User) {
                *users.entry((hold.pin.task, hold.pin.part)).or_default() += 1;
            }
        }
        let mut stored_bytes = 0;
        for (key, local) in &self.values {
            let Local::Here(here) = local else { continue };
            stored_bytes += here.nbytes;
            let counted = users.get(key).copied().unwrap_or(0);
            check!(
                HoldersMirror,
                here.users == counted,
                "{key:?} has {counted} users"
            );
            let wanted = !here.private || counted > 0;
            check!(UnwantedIsReleased, wanted, "{key:?} is private and unused");
            let private_part = key.1 == Part::WHOLE || here.private;
            check!(
                UnwantedIsReleased,
                private_part,
                "part {key:?} is held for ever"
            );
        }
        let sum = self.stored_bytes;
        check!(
            OccupancySum,
            sum == stored_bytes,
            "{sum} bytes are not {stored_bytes}"
        );
        let session = self.session.is_some();
        let empty = self.values.is_empty() && self.by_run.is_empty() && self.peers.is_empty();
        check!(
            LivingAddressee,
            session || empty,
            "something outlived its session"
        );
    }

    fn validate_wants(&self) {
        for (at, want) in self.wants.iter() {
            let named = matches!(self.values.get(&want.key), Some(Local::Wanted(w)) if *w == at);
            check!(TablesMatch, named, "{:?} is not known as wanted", want.key);
            let live = want
                .waiters
                .iter()
                .filter(|waiter| self.waits(**waiter))
                .count();
            check!(
                MissingCount,
                live == want.live as usize,
                "{:?} has {live}",
                want.key
            );
            check!(
                UnneededIsForgotten,
                live > 0 || want.acquire,
                "{:?} is idle",
                want.key
            );
            let queued = self
                .peers
                .get(&want.at)
                .is_some_and(|peer| peer.queue.iter().any(|entry| entry.at == at));
            let requested = want.request.and_then(|id| self.requests.get(&id));
            let flies = requested.is_some_and(|request| request.items.contains(&at));
            check!(
                OnePlace,
                queued != flies,
                "{:?}: queued {queued}, flying {flies}",
                want.key
            );
        }
        for (worker, peer) in &self.peers {
            let entries = peer.queue.iter().count();
            let of_queue: u64 = peer
                .queue
                .iter()
                .filter_map(|entry| self.wants.get(entry.at))
                .map(|want| want.nbytes)
                .sum();
            let requests: Vec<_> = self
                .requests
                .values()
                .filter(|request| request.peer == *worker)
                .collect();
            let in_flight: u64 = requests.iter().map(|request| request.bytes).sum();
            let backlog = of_queue + in_flight;
            check!(
                OccupancySum,
                peer.backlog == backlog,
                "{worker} is behind by {backlog}"
            );
            check!(
                OccupancySum,
                peer.requests == requests.len(),
                "requests to {worker}"
            );
            check!(
                OccupancySum,
                peer.requests <= REQUESTS_PER_PEER,
                "too many to {worker}"
            );
            let asked = self.asked.contains(worker);
            check!(
                OnePlace,
                asked == (entries > 0),
                "{worker} has {entries}, asked: {asked}"
            );
        }
        let bytes: u64 = self.requests.values().map(|request| request.bytes).sum();
        check!(
            OccupancySum,
            self.flight_bytes == bytes,
            "{bytes} bytes in flight"
        );
        check!(
            OccupancySum,
            self.requests.len() <= REQUESTS,
            "too many requests"
        );
    }
}
