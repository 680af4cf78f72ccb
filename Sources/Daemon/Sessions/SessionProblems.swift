import ControlAPI

/// What the control API says of things that are not there.
extension SessionRegistry {
    static func noSuchSource(_ id: String, session name: String) -> Problem {
        Problem(
            status: 404, type: .noSuchSource,
            detail: "session '\(name)' has no running source '\(id)'; 'attune sessions' lists them")
    }

    static func ending(_ name: String) -> Problem {
        Problem(status: 409, type: .sessionEnding, detail: "session '\(name)' is ending; use another name")
    }

    static func noSuchSession(_ name: String) -> Problem {
        Problem(
            status: 404, type: .noSuchSession,
            detail: "there is no session '\(name)'; 'attune sessions' lists those that run")
    }

    static func noSuchSpeaker(_ speaker: String, session name: String) -> Problem {
        Problem(
            status: 404, type: .noSuchSpeaker,
            detail: "session '\(name)' has no speaker '\(speaker)'; 'attune sessions' lists them")
    }
}

extension Problem {
    /// What the control API says about a failure to open a source.
    init(_ error: any Error) {
        guard let failure = error as? SourceFailure else {
            self.init(status: 500, type: .internalError, detail: "\(error)")
            return
        }
        switch failure.kind {
        case .badInput: self.init(status: 422, type: .badSource, detail: failure.message)
        case .notFound: self.init(status: 422, type: .sourceNotFound, detail: failure.message)
        case .unavailable: self.init(status: 503, type: .sourceUnavailable, detail: failure.message)
        case .detached: self.init(status: 409, type: .detached, detail: failure.message)
        }
    }
}
