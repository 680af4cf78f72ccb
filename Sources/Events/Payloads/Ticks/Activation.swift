/// How activated a voice is compared with the speaker's own: calm to excited, and nothing about which of the two is
/// good. No score, and part of none.
public enum Activation: Sendable, Equatable {
    /// Not enough evidence, and why.
    case abstained(reason: Abstention)
    /// −1…1, 0 = as usual, with its 80 % interval.
    case estimated(value: Double, low: Double, high: Double)

    /// The estimate; nil where there is none.
    public var value: Double? {
        if case .estimated(let value, _, _) = self { value } else { nil }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .abstained(let reason):
            json.field("value", nil, decimals: 0)
            json.field("abstained", reason.rawValue)
        case .estimated(let value, let low, let high):
            json.field("value", value, decimals: 2)
            json.array("interval") { json in
                json.number(low, decimals: 2)
                json.number(high, decimals: 2)
            }
        }
    }
}
