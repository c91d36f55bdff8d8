//! Assignors: who gets which partitions. The classic protocol's leader runs one on the client; the coordinator
//! runs one for the new protocol. All members subscribe to the scenario's one topic, so each is the case for
//! equal subscriptions of Kafka's own class.

use crate::message::InstanceId;
use highwater_model::PartitionId;
use highwater_model::settings::{AssignmentStrategy, RemoteAssignor};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// An assignor of the classic protocol, by the name under which members offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assignor {
    /// Runs of neighbouring partitions.
    Range,
    /// One by one in turn.
    RoundRobin,
    /// Balanced, with as much as possible where it was.
    Sticky,
    /// The same; what moves is first given to nobody.
    CooperativeSticky,
}

impl Assignor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Range, Self::RoundRobin, Self::Sticky, Self::CooperativeSticky];
}

/// What the members of a rebalance keep meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// Nothing: all is given up before joining.
    Eager,
    /// All: what moves is given up when the new assignment says so, and moves in a second rebalance.
    Cooperative,
}

/// The assignors that a member offers, the most liked first.
pub type Offered = SmallVec<[Assignor; 2]>;

/// What a `partition.assignment.strategy` offers.
pub fn offered(strategy: AssignmentStrategy) -> Offered {
    match strategy {
        AssignmentStrategy::RangeOrCooperative => Offered::from_slice(&[Assignor::Range, Assignor::CooperativeSticky]),
        AssignmentStrategy::Range => Offered::from_slice(&[Assignor::Range]),
        AssignmentStrategy::RoundRobin => Offered::from_slice(&[Assignor::RoundRobin]),
        AssignmentStrategy::Sticky => Offered::from_slice(&[Assignor::Sticky]),
        AssignmentStrategy::CooperativeSticky => Offered::from_slice(&[Assignor::CooperativeSticky]),
    }
}

/// How a member rebalances: cooperatively only where every assignor that it offers can.
pub fn rebalance(strategy: AssignmentStrategy) -> Rebalance {
    let cooperative = offered(strategy).iter().all(|assignor| *assignor == Assignor::CooperativeSticky);
    if cooperative { Rebalance::Cooperative } else { Rebalance::Eager }
}

/// A member, as an assignor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Its id.
    pub member: u32,
    /// Its group.instance.id.
    pub instance: Option<InstanceId>,
    /// What it holds.
    pub owned: Vec<PartitionId>,
    /// Since which generation; -1 without one.
    pub generation: i32,
}

/// Everybody's partitions.
pub type Assignment = Vec<(u32, Vec<PartitionId>)>;

/// What the classic protocol's assignor decides about partitions 0 to `partitions`.
pub fn assign(assignor: Assignor, members: &[Subscriber], partitions: u16, check: Moves) -> Assignment {
    match assignor {
        Assignor::Range => range(&in_order(members), partitions),
        Assignor::RoundRobin => round_robin(&in_order(members), partitions),
        Assignor::Sticky => Sticky::new(members, partitions).assign().assignment,
        Assignor::CooperativeSticky => {
            let decided = Sticky::new(members, partitions).assign();
            if check == Moves::InTwoSteps { decided.without_moving() } else { decided.assignment }
        }
    }
}

/// How a cooperative assignor moves a partition from one member to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Its owner loses it in this generation, the next one gives it to another.
    InTwoSteps,
    /// At once; only a mutant does that.
    AtOnce,
}

/// What the new protocol's assignor decides; `members` in the group's order, with what their targets were.
pub fn assign_remotely(assignor: RemoteAssignor, members: &[Subscriber], partitions: u16) -> Assignment {
    match assignor {
        RemoteAssignor::Range => range(&in_order(members), partitions),
        RemoteAssignor::Uniform => uniform(members, partitions),
    }
}

/// Static members first, in the order of their instance ids, then the others in that of their ids (`MemberInfo`).
fn in_order(members: &[Subscriber]) -> Vec<u32> {
    let mut order: Vec<_> =
        members.iter().map(|member| (member.instance.is_none(), member.instance, member.member)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, id)| id).collect()
}

/// How many partitions everybody gets at least, and how many members get one more.
fn quota(members: usize, partitions: u16) -> (u32, u32) {
    let members = members as u32;
    (u32::from(partitions) / members, u32::from(partitions) % members)
}

/// Runs of partitions, the first ones longer by one where it does not come out even.
fn range(members: &[u32], partitions: u16) -> Assignment {
    let (share, longer) = quota(members.len(), partitions);
    let mut next = 0;
    let assign = |(place, id): (usize, &u32)| {
        let end = next + share + u32::from((place as u32) < longer);
        let run = (next..end).map(|partition| PartitionId(partition as u16)).collect();
        next = end;
        (*id, run)
    };
    members.iter().enumerate().map(assign).collect()
}

fn round_robin(members: &[u32], partitions: u16) -> Assignment {
    let of = |place: usize| (0..partitions).skip(place).step_by(members.len()).map(PartitionId).collect();
    members.iter().enumerate().map(|(place, id)| (*id, of(place))).collect()
}

/// `UniformHomogeneousAssignmentBuilder`: everybody keeps what it has up to its quota, the rest goes to those who have
/// less, in order.
fn uniform(members: &[Subscriber], partitions: u16) -> Assignment {
    let (share, mut longer) = quota(members.len(), partitions);
    let mut free: Vec<PartitionId> = (0..partitions)
        .map(PartitionId)
        .filter(|partition| !members.iter().any(|member| member.owned.contains(partition)))
        .collect();
    let mut assignment = Assignment::new();
    let mut missing = Vec::new();
    for member in members {
        let quota = share + u32::from(0 < longer);
        longer = longer.saturating_sub(1);
        let mut kept = member.owned.clone();
        free.extend(kept.drain(kept.len().min(quota as usize)..));
        missing.push(quota as usize - kept.len());
        assignment.push((member.member, kept));
    }
    let mut free = free.into_iter();
    for ((_, partitions), missing) in assignment.iter_mut().zip(missing) {
        partitions.extend(free.by_ref().take(missing));
        partitions.sort_unstable();
    }
    assignment
}

/// The sticky assignors' algorithm for equal subscriptions (`ConstrainedAssignmentBuilder`).
struct Sticky {
    /// Members in the order of their ids, and what they hold by right: a partition that two claim belongs to the one of
    /// the later generation, and to neither where both claim it since the same.
    owned: Vec<(u32, Vec<PartitionId>)>,
    /// Claimed twice since the same generation.
    disputed: Vec<PartitionId>,
    partitions: u16,
}

/// What the sticky algorithm decides, and which partitions change hands by it.
struct Decided {
    assignment: Assignment,
    /// Partition, and the member that is to get it.
    moving: Vec<(PartitionId, u32)>,
}

impl Decided {
    /// What moves is in nobody's assignment: its owner learns that it must give it up, and rejoins.
    fn without_moving(mut self) -> Assignment {
        for (id, partitions) in &mut self.assignment {
            partitions.retain(|partition| !self.moving.contains(&(*partition, *id)));
        }
        self.assignment
    }
}

impl Sticky {
    fn new(members: &[Subscriber], partitions: u16) -> Self {
        let mut members: Vec<&Subscriber> = members.iter().collect();
        members.sort_unstable_by_key(|member| member.member);
        let mut owned: Vec<(u32, Vec<PartitionId>)> =
            members.iter().map(|member| (member.member, Vec::new())).collect();
        let mut owner: Vec<Option<usize>> = vec![None; usize::from(partitions)];
        let mut disputed = Vec::new();
        for (place, member) in members.iter().enumerate() {
            for partition in member.owned.iter().filter(|partition| partition.0 < partitions) {
                let Some(other) = owner[partition.index()] else {
                    owner[partition.index()] = Some(place);
                    continue;
                };
                if members[other].generation == member.generation {
                    disputed.push(*partition);
                }
                if members[other].generation <= member.generation {
                    owner[partition.index()] = Some(place);
                }
            }
        }
        for (index, place) in owner.into_iter().enumerate() {
            let partition = PartitionId(index as u16);
            if let Some(place) = place.filter(|_| !disputed.contains(&partition)) {
                owned[place].1.push(partition);
            }
        }
        Self { owned, disputed, partitions }
    }

    fn assign(self) -> Decided {
        let (least, with_more) = quota(self.owned.len(), self.partitions);
        let (least, with_more) = (least as usize, with_more as usize);
        let most = least + usize::from(0 < with_more);
        let mut fuller = 0;
        let mut taken = vec![false; usize::from(self.partitions)];
        let mut former: Vec<Option<u32>> = vec![None; usize::from(self.partitions)];
        let mut below = VecDeque::new();
        let mut exactly = VecDeque::new();
        let mut assignment = Assignment::new();
        for (place, (id, owned)) in self.owned.into_iter().enumerate() {
            let keeps = if owned.len() < least {
                below.push_back(place);
                owned.len()
            } else if most <= owned.len() && fuller < with_more {
                fuller += 1;
                most
            } else {
                exactly.push_back(place);
                least
            };
            owned[keeps..].iter().for_each(|partition| former[partition.index()] = Some(id));
            owned[..keeps].iter().for_each(|partition| taken[partition.index()] = true);
            assignment.push((id, owned[..keeps].to_vec()));
        }
        let mut moving = Vec::new();
        for partition in (0..self.partitions).map(PartitionId).filter(|partition| !taken[partition.index()]) {
            // Round after round over those who have too few, then one more for those who may have it.
            let (place, was_below) = match below.pop_front() {
                Some(place) => (place, true),
                None => (exactly.pop_front().expect("the quotas add up to all partitions"), false),
            };
            let (id, partitions) = &mut assignment[place];
            partitions.push(partition);
            if former[partition.index()].is_some_and(|former| former != *id) || self.disputed.contains(&partition) {
                moving.push((partition, *id));
            }
            if was_below && partitions.len() < least {
                below.push_back(place);
            } else if was_below {
                exactly.push_back(place);
            }
        }
        for (_, partitions) in &mut assignment {
            partitions.sort_unstable();
        }
        Decided { assignment, moving }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(member: u32, owned: &[u16]) -> Subscriber {
        let owned = owned.iter().copied().map(PartitionId).collect();
        Subscriber { member, instance: None, owned, generation: 1 }
    }

    fn numbers(assignment: &Assignment) -> Vec<(u32, Vec<u16>)> {
        let mut sorted = assignment.clone();
        sorted.sort();
        sorted.into_iter().map(|(id, partitions)| (id, partitions.iter().map(|p| p.0).collect())).collect()
    }

    fn classic(assignor: Assignor, members: &[Subscriber], partitions: u16) -> Vec<(u32, Vec<u16>)> {
        numbers(&assign(assignor, members, partitions, Moves::InTwoSteps))
    }

    #[test]
    fn r_734_range_gives_runs_and_round_robin_deals() {
        let members = [member(5, &[]), member(3, &[]), member(9, &[])];
        assert_eq!(classic(Assignor::Range, &members, 7), [(3, vec![0, 1, 2]), (5, vec![3, 4]), (9, vec![5, 6])]);
        assert_eq!(classic(Assignor::RoundRobin, &members, 7), [(3, vec![0, 3, 6]), (5, vec![1, 4]), (9, vec![2, 5])]);
        let mut last_first = members.clone();
        last_first[2].instance = Some(InstanceId(1));
        assert_eq!(classic(Assignor::Range, &last_first, 3), [(3, vec![1]), (5, vec![2]), (9, vec![0])]);
    }

    #[test]
    fn r_734_sticky_moves_no_more_than_it_must() {
        let members = [member(1, &[0, 1, 2]), member(2, &[3, 4, 5]), member(3, &[])];
        assert_eq!(classic(Assignor::Sticky, &members, 6), [(1, vec![0, 1]), (2, vec![3, 4]), (3, vec![2, 5])]);
        let orphans = [member(1, &[0, 1]), member(2, &[2, 3])];
        assert_eq!(classic(Assignor::Sticky, &orphans, 6), [(1, vec![0, 1, 4]), (2, vec![2, 3, 5])]);
        let nothing_yet = [member(1, &[]), member(2, &[])];
        assert_eq!(classic(Assignor::Sticky, &nothing_yet, 5), [(1, vec![0, 2, 4]), (2, vec![1, 3])]);
        let fewer_partitions = [member(1, &[0, 1]), member(2, &[]), member(3, &[])];
        assert_eq!(classic(Assignor::Sticky, &fewer_partitions, 2), [(1, vec![0]), (2, vec![1]), (3, vec![])]);
    }

    #[test]
    fn r_734_cooperative_sticky_gives_what_moves_to_nobody_yet() {
        let before = [member(1, &[0, 1, 2]), member(2, &[3, 4, 5]), member(3, &[])];
        assert_eq!(classic(Assignor::CooperativeSticky, &before, 6), [(1, vec![0, 1]), (2, vec![3, 4]), (3, vec![])]);
        let after = [member(1, &[0, 1]), member(2, &[3, 4]), member(3, &[])];
        assert_eq!(
            classic(Assignor::CooperativeSticky, &after, 6),
            [(1, vec![0, 1]), (2, vec![3, 4]), (3, vec![2, 5])]
        );
    }

    #[test]
    fn without_move_in_two_steps_a_partition_has_two_owners_for_a_while() {
        let before = [member(1, &[0, 1, 2]), member(2, &[3, 4, 5]), member(3, &[])];
        let at_once = numbers(&assign(Assignor::CooperativeSticky, &before, 6, Moves::AtOnce));
        assert_eq!(at_once[2], (3, vec![2, 5]), "which members 1 and 2 still read");
    }

    #[test]
    fn a_claim_of_an_older_generation_does_not_count() {
        let mut zombie = member(1, &[0, 1]);
        zombie.generation = 4;
        let mut owner = member(2, &[0, 1]);
        owner.generation = 5;
        assert_eq!(classic(Assignor::Sticky, &[zombie, owner], 2), [(1, vec![1]), (2, vec![0])]);
        let twice = [member(1, &[0]), member(2, &[0])];
        assert_eq!(classic(Assignor::CooperativeSticky, &twice, 1), [(1, vec![]), (2, vec![])], "disputed");
    }

    #[test]
    fn r_737_uniform_keeps_up_to_the_quota() {
        let members = [member(1, &[0, 1, 2]), member(2, &[3, 4, 5]), member(3, &[])];
        let assigned = numbers(&assign_remotely(RemoteAssignor::Uniform, &members, 6));
        assert_eq!(assigned, [(1, vec![0, 1]), (2, vec![3, 4]), (3, vec![2, 5])]);
        let assigned = numbers(&assign_remotely(RemoteAssignor::Range, &members, 6));
        assert_eq!(assigned, [(1, vec![0, 1]), (2, vec![2, 3]), (3, vec![4, 5])]);
    }
}
