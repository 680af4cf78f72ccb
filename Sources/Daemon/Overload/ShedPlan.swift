/// Which tracks are given up where so many have to be: those of sessions of low priority first, within a priority those
/// of the newest session, within a session those of whoever came last. Who is given up already stays so before another
/// of the same priority is.
enum ShedPlan {
    /// A track that could be given up.
    struct Candidate: Sendable, Equatable {
        var priority: SessionPriority
        /// Number of the session: the larger, the newer.
        var session: Int
        /// Place of the track among those of its session.
        var place: Int
        var isGivenUp: Bool
    }

    /// Indices of the tracks that are to be given up.
    static func chosen(_ count: Int, of candidates: [Candidate]) -> Set<Int> {
        guard count > 0 else { return [] }
        let order = candidates.indices.sorted { left, right in
            let (a, b) = (candidates[left], candidates[right])
            if a.priority != b.priority { return a.priority < b.priority }
            if a.isGivenUp != b.isGivenUp { return a.isGivenUp }
            if a.session != b.session { return a.session > b.session }
            return a.place > b.place
        }
        return Set(order.prefix(count))
    }
}
