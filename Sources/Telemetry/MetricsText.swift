/// Writes metrics in the text format of Prometheus, version 0.0.4.
///
/// Names and label names are the program's own and must fit `[a-zA-Z_][a-zA-Z0-9_]*`; label values may be any text.
public struct MetricsText {
    /// The text so far.
    public private(set) var text = ""

    /// An empty text.
    public init() {}

    /// What kind of number a metric is.
    public enum Kind: String {
        /// Only ever grows; its name ends in `_total`.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// Writes a metric with a single value.
    public mutating func metric(_ name: String, _ kind: Kind, help: String, _ value: Double) {
        head(name, kind.rawValue, help)
        sample(name, [], value)
    }

    /// Writes a metric with a value for each of some values of a label.
    public mutating func metric(
        _ name: String, _ kind: Kind, help: String, by label: String, _ values: [(String, Double)]
    ) {
        head(name, kind.rawValue, help)
        for (value, number) in values { sample(name, [(label, value)], number) }
    }

    /// Writes a metric with a value for each of some pairs of values of two labels.
    public mutating func metric(
        _ name: String, _ kind: Kind, help: String, by labels: (String, String), _ values: [(String, String, Double)]
    ) {
        head(name, kind.rawValue, help)
        for (first, second, number) in values { sample(name, [(labels.0, first), (labels.1, second)], number) }
    }

    /// Writes histograms of durations, in seconds, for each of some values of a label.
    ///
    /// - Parameter bounds: upper edges of the buckets, seconds, ascending.
    public mutating func histogram(
        _ name: String, help: String, bounds: [Double], by label: String, _ values: [(String, LatencyHistogram.Counts)]
    ) {
        head(name, "histogram", help)
        for (value, counts) in values {
            for bound in bounds {
                let nanoseconds = Int64((bound * 1e9).rounded())
                sample(
                    "\(name)_bucket", [(label, value), ("le", Self.number(bound))],
                    Double(counts.count(upTo: nanoseconds)))
            }
            sample("\(name)_bucket", [(label, value), ("le", "+Inf")], Double(counts.count))
            sample("\(name)_sum", [(label, value)], Double(counts.sumNanoseconds) / 1e9)
            sample("\(name)_count", [(label, value)], Double(counts.count))
        }
    }

    private mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    /// A number as Go reads it, which Prometheus is written in; whole ones without a fraction.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
