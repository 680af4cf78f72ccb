import Events

/// Where a source is in its life. There is one for every kind of source, and only its `SourceMonitor` changes it, so
/// that the events, the list of sessions and the log tell the same.
enum SourcePhase: Sendable, Hashable, CaseIterable {
    /// It was attached, and no media has come yet.
    case opening
    /// Media comes.
    case live
    /// None does, or none that can be used.
    case stalled
    /// Its connection is gone, and another one is made.
    case reconnecting
    /// Nothing comes of it any more.
    case ended

    /// Whether that can be the next one: nothing begins twice, and what has ended stays so.
    func mayBecome(_ next: SourcePhase) -> Bool {
        self != .ended && next != self && next != .opening
    }

    /// What it is called in events and answers.
    var state: SourceState.State {
        switch self {
        case .opening: .connecting
        case .live: .live
        case .stalled: .stalled
        case .reconnecting: .reconnecting
        case .ended: .ended
        }
    }

    /// The event that tells of it.
    func event(_ payload: SourceState) -> EventBody {
        switch self {
        case .opening: .sourceConnecting(payload)
        case .live: .sourceConnected(payload)
        case .stalled: .sourceStalled(payload)
        case .reconnecting: .sourceReconnecting(payload)
        case .ended: .sourceEnded(payload)
        }
    }

    /// What the log says when it follows `former`.
    func logLine(after former: SourcePhase) -> String {
        switch (former, self) {
        case (.opening, .live): "the first media has come"
        case (_, .live): "media comes again"
        case (_, .opening): "waiting for media"
        case (_, .stalled): "stalled"
        case (_, .reconnecting): "reconnecting"
        case (_, .ended): "ended"
        }
    }
}
