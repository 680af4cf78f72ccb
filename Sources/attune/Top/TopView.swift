import Events
import Kit

/// How somebody looks at the state: order, filter, selection, pause.
struct TopView: Sendable {
    /// What a person can do with a key.
    enum Key: Sendable, Equatable {
        case up, down, pageUp, pageDown, first, last, enter, escape, erase
        case character(Character)
    }

    /// The order of the speakers of a session.
    enum Order: String, CaseIterable, Sendable {
        case joined, name, score, talk, lag
    }

    var order = Order.joined
    /// Speakers whose name, role or session holds this are shown.
    var filter = ""
    /// Whether keys go to the filter.
    var isTyping = false
    /// The state that is looked at while the screen stands still.
    private(set) var frozen: TopState?
    private(set) var showsHelp = false
    /// Whether sources have a line each.
    private(set) var showsSources = false
    private(set) var selected: TopState.SpeakerID?
    private(set) var wantsToQuit = false

    private static let maxFilter = 40

    /// Takes a key.
    ///
    /// - Parameters:
    ///   - state: what is known now.
    ///   - page: lines that a page has.
    mutating func press(_ key: Key, _ state: TopState, page: Int) {
        if isTyping { return type(key) }
        if showsHelp {
            showsHelp = false
            if key != .character("q") { return }
        }
        switch key {
        case .up, .character("k"): move(-1, state)
        case .down, .character("j"): move(1, state)
        case .pageUp: move(-max(1, page), state)
        case .pageDown: move(max(1, page), state)
        case .first, .character("g"): move(.min, state)
        case .last, .character("G"): move(.max, state)
        case .escape: filter = ""
        case .character("q"): wantsToQuit = true
        case .character(" "), .character("p"): frozen = frozen == nil ? state : nil
        case .character("o"): order = order.next
        case .character("s"): showsSources.toggle()
        case .character("/"): isTyping = true
        case .character("?"), .character("h"): showsHelp = true
        default: break
        }
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .enter: isTyping = false
        case .escape: (isTyping, filter) = (false, "")
        case .erase: filter = String(filter.dropLast())
        case .character(let character):
            if filter.count < Self.maxFilter { filter.append(character) }
        default: break
        }
    }

    private mutating func move(_ steps: Int, _ state: TopState) {
        let all = sessions(of: frozen ?? state).flatMap(\.speakers).map(\.id)
        guard !all.isEmpty else { return selected = nil }
        let index = selected.flatMap(all.firstIndex(of:)) ?? (steps > 0 ? -1 : 0)
        let (sum, isOver) = index.addingReportingOverflow(steps)
        selected = all[max(0, min(all.count - 1, isOver ? (steps > 0 ? all.count : 0) : sum))]
    }

    /// What is to be shown: filtered, and in order.
    func sessions(of state: TopState) -> [TopState.Session] {
        state.sessions.compactMap { session in
            var session = session
            if !filter.isEmpty {
                session.speakers = session.speakers.filter { matches($0) }
                guard !session.speakers.isEmpty else { return nil }
            }
            session.speakers = sorted(session.speakers)
            return session
        }
    }

    private func matches(_ speaker: TopState.Speaker) -> Bool {
        let wanted = filter.lowercased()
        return [speaker.name, speaker.role ?? "", speaker.id.session, speaker.id.speaker]
            .contains { $0.lowercased().contains(wanted) }
    }

    private func sorted(_ speakers: [TopState.Speaker]) -> [TopState.Speaker] {
        /// Those with the largest value first, those without one last, equal ones as they joined.
        func by(_ value: (TopState.Speaker) -> Double?) -> [TopState.Speaker] {
            speakers.enumerated().sorted { left, right in
                let (a, b) = (value(left.element), value(right.element))
                if a == b { return left.offset < right.offset }
                guard let a else { return false }
                guard let b else { return true }
                return a > b
            }.map(\.element)
        }
        switch order {
        case .joined: return speakers
        case .name: return speakers.sorted { $0.name < $1.name }
        case .score:
            return by { if case .scored(let scored) = $0.tick?.engagement { scored.score } else { nil } }
        case .talk: return by { $0.window("30s")?.talkRatio }
        case .lag: return by { $0.window("session")?.responseLagMedianMilliseconds }
        }
    }
}

extension TopView.Order {
    var next: Self {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }
}

extension TopState.Speaker {
    /// The metrics of a rolling window in the last tick.
    func window(_ name: String) -> WindowMetrics? { tick?.windows.first { $0.name == name } }
}
