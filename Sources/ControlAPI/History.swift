/// Thinned ticks of a running session, as `GET /v1/history` answers.
public struct History: Decodable, Sendable, Equatable {
    /// What a field had at a moment.
    public enum Value: Decodable, Sendable, Equatable {
        /// A score, a ratio, milliseconds or decibels, by the field.
        case number(Double)
        /// Where a score lies in 8 of 10 cases.
        case interval(low: Double, high: Double)
        /// Yes or no.
        case flag(Bool)

        /// Reads a number, `[low, high]`, true or false.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                let ends = try container.decode([Double].self)
                guard ends.count == 2 else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "not [low, high]")
                }
                self = .interval(low: ends[0], high: ends[1])
            }
        }
    }

    /// One moment of a speaker.
    public struct Point: Decodable, Sendable, Equatable {
        /// Session time, seconds.
        public var timeSeconds: Double
        /// The values of `fields`, in their order; nil where there was none.
        public var values: [Value?]

        /// Reads `[t, value, …]`.
        public init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            timeSeconds = try container.decode(Double.self)
            values = []
            while !container.isAtEnd {
                // `decodeIfPresent` steps over a null.
                values.append(try container.decodeIfPresent(Value.self))
            }
        }
    }

    /// The points of a speaker, the oldest first.
    public struct Series: Decodable, Sendable, Equatable {
        /// Name of the speaker.
        public var speaker: String
        /// The points.
        public var points: [Point]
    }

    /// Name of the session.
    public var session: String
    /// Where the events begin that are not in it: `epoch:seq` is the last that is.
    public var epoch: String, seq: Int
    /// Session time of the newest point, seconds.
    public var presentSeconds: Double
    /// Which fields the values are of.
    public var fields: [String]
    /// The speakers of whom anything is kept.
    public var speakers: [Series]

    enum CodingKeys: String, CodingKey {
        case session, epoch, seq, fields, speakers
        case presentSeconds = "present_s"
    }
}
