import ControlAPI
public import Events

/// What a request makes of somebody's consent.
public enum ConsentOrder: Sendable, Equatable, CustomStringConvertible {
    /// This holds from now on, and nothing else.
    case exactly(Consent)
    /// Some lanes beside the voice are given, or taken back; the rest stays as it is.
    case lanes(ConsentLanes, isGranted: Bool)

    /// Whether anything that held before may not hold any more.
    public var takesBack: Bool {
        switch self {
        case .exactly(let consent): consent.state != .granted || consent.lanes != .all
        case .lanes(_, let isGranted): !isGranted
        }
    }

    /// As it is written in requests.
    public var description: String {
        switch self {
        case .exactly(let consent): ([consent.state.rawValue] + consent.lanes.names).joined(separator: ",")
        case .lanes(let lanes, let isGranted):
            "\(isGranted ? "granted" : "withheld") of \(lanes.names.joined(separator: ","))"
        }
    }

    /// Reads a request.
    ///
    /// - Throws: `Problem` naming what is wrong and the remedy.
    init(_ request: ConsentRequest) throws(Problem) {
        let consent: Consent
        do throws(Consent.ParsingError) {
            consent = try Consent(parsing: request.consent)
        } catch {
            throw Self.invalid(error.description)
        }
        guard let names = request.lanes else {
            self = .exactly(consent)
            return
        }
        guard consent.lanes.isEmpty, !names.isEmpty else {
            throw Self.invalid("with 'lanes' the consent is granted or withheld, and a lane is named; say which")
        }
        var lanes: ConsentLanes = []
        for name in names {
            guard let lane = ConsentLanes(named: name) else {
                throw Self.invalid(
                    name == "voice"
                        ? "without the voice nothing is measured; leave 'lanes' out to give or take back all"
                        : "'\(name)' is no lane of consent; use words or face")
            }
            lanes.insert(lane)
        }
        self = .lanes(lanes, isGranted: consent.state == .granted)
    }

    private static func invalid(_ detail: String) -> Problem {
        Problem(status: 422, type: .consentInvalid, detail: detail)
    }
}
