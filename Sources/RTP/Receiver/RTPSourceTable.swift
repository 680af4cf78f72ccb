/// Which source of a port is meant.
public enum RTPSourceSelector: Sendable, Hashable {
    /// The source with this SSRC.
    case ssrc(UInt32)
    /// The source whose RTCP SDES CNAME or NAME is this text.
    case name(String)
    /// Every source that no other selector names.
    case unnamed
}

/// Tells the sources (SSRCs) of one port apart and says which speaker each of them is.
///
/// Speakers have numbers: first the selectors given, in order, then places for sources that nobody named, which
/// are used again once their source has gone. A source that is not named by its SSRC or its SDES gets such a place
/// with its second packet in sequence (RFC 3550, appendix A.1), as long as there is one. Whatever arrives, the
/// table does not grow beyond `limit` sources and a few on probation.
public struct RTPSourceTable: Sendable {
    /// What is to become of a packet.
    public enum Verdict: Sendable, Hashable {
        /// It is this speaker's.
        case speaker(Int)
        /// It is of a source that nobody named, which from now on is this speaker.
        case newSpeaker(Int)
        /// It is to be dropped: its source is on probation, over the limit, or uses the SSRC of another sender.
        case drop
    }

    /// A source turned out to be one of the selected speakers.
    public struct Naming: Sendable, Hashable {
        /// The selected speaker.
        public var speaker: Int
        /// The place that the source had as an unnamed one, free again.
        public var released: Int
    }

    /// What has been counted so far.
    public struct Statistics: Sendable, Hashable {
        /// Packets of sources on probation.
        public var onProbation: UInt64 = 0
        /// Packets of sources that had no place left.
        public var refused: UInt64 = 0
        /// Packets with an SSRC that another address is using (RFC 3550, section 8.2).
        public var collided: UInt64 = 0
    }

    private struct Source {
        var ssrc: UInt32
        var speaker: Int
        /// Identifies the address that sends.
        var origin: UInt64
        /// Nil before the first packet, and again after a BYE.
        var latestNanoseconds: Int64?
    }

    private struct Probation {
        var ssrc: UInt32
        var origin: UInt64
        var sequence: UInt16
    }

    /// Sources on probation at the same time; more of them push each other out.
    private static let probationPlaces = 8
    /// A source silent for this long gives way to one that claims its SSRC or its name.
    private static let yieldNanoseconds: Int64 = 1_000_000_000
    /// An unnamed source silent for this long has gone (12 of RTCP's least intervals; RFC 3550, section 6.3.5).
    private static let goneNanoseconds: Int64 = 60_000_000_000

    /// What has been counted so far.
    public private(set) var statistics = Statistics()

    private let selectors: [RTPSourceSelector]
    private let limit: Int
    private var sources: [Source] = []
    /// CNAME of each selected speaker once it was heard, so that the speaker is known under another SSRC too.
    private var names: [String?]
    /// Whether each place for unnamed sources is taken.
    private var isTaken: [Bool]
    private var probation: [Probation] = []
    private var oldestProbation = 0

    /// A table for the speakers `selectors` (not `.unnamed`) and at most `limit` sources in all.
    public init(selectors: [RTPSourceSelector], limit: Int) {
        self.selectors = selectors
        self.limit = max(limit, selectors.count)
        names = Array(repeating: nil, count: selectors.count)
        isTaken = Array(repeating: false, count: self.limit - selectors.count)
    }

    /// Says whose packet this is.
    ///
    /// - Parameter origin: identifies the sender's address, without its port.
    public mutating func route(
        ssrc: UInt32, sequence: UInt16, origin: UInt64, arrivalNanoseconds: Int64
    ) -> Verdict {
        if let index = sources.firstIndex(where: { $0.ssrc == ssrc }) {
            if sources[index].origin != origin {
                guard isSilent(sources[index], at: arrivalNanoseconds) else {
                    statistics.collided += 1
                    return .drop
                }
                sources[index].origin = origin
            }
            sources[index].latestNanoseconds = arrivalNanoseconds
            return .speaker(sources[index].speaker)
        }
        if let speaker = selectors.firstIndex(of: .ssrc(ssrc)), makeRoom(at: arrivalNanoseconds) {
            add(ssrc, speaker: speaker, origin: origin, at: arrivalNanoseconds)
            return .speaker(speaker)
        }
        guard hasProven(ssrc: ssrc, sequence: sequence, origin: origin) else {
            statistics.onProbation += 1
            return .drop
        }
        guard sources.count < limit, let place = isTaken.firstIndex(of: false) else {
            statistics.refused += 1
            return .drop
        }
        isTaken[place] = true
        add(ssrc, speaker: selectors.count + place, origin: origin, at: arrivalNanoseconds)
        return .newSpeaker(selectors.count + place)
    }

    /// Takes note of a source's SDES item; `isCanonical` tells CNAME from NAME. Texts of the same characters are the
    /// same, however these are composed (Unicode, canonical equivalence).
    ///
    /// - Returns: the selected speaker that the source turned out to be, if it was not known as that before.
    public mutating func describe(
        ssrc: UInt32, name: String, isCanonical: Bool, origin: UInt64, arrivalNanoseconds: Int64
    ) -> Naming? {
        let index = sources.firstIndex { $0.ssrc == ssrc }
        if let index {
            guard sources[index].origin == origin else { return nil }
            let speaker = sources[index].speaker
            if speaker < selectors.count {
                if isCanonical { names[speaker] = name }
                return nil
            }
        }
        let speaker = selectors.indices.first { speaker in
            if case .name(let text) = selectors[speaker] { return name == text }
            // The same participant under a new SSRC, after a collision or a restart.
            return isCanonical && names[speaker] == name
        }
        guard let speaker, isFree(speaker, at: arrivalNanoseconds) else { return nil }
        if isCanonical { names[speaker] = name }
        guard let index else {
            if makeRoom(at: arrivalNanoseconds) {
                add(ssrc, speaker: speaker, origin: origin, at: nil)
            }
            return nil
        }
        let released = sources[index].speaker
        isTaken[released - selectors.count] = false
        sources.removeAll { $0.speaker == speaker }
        if let index = sources.firstIndex(where: { $0.ssrc == ssrc }) { sources[index].speaker = speaker }
        return Naming(speaker: speaker, released: released)
    }

    /// A source said that it leaves.
    ///
    /// - Returns: its speaker; nil where it is not known, or is known from another address.
    public mutating func leave(ssrc: UInt32, origin: UInt64) -> Int? {
        guard let index = sources.firstIndex(where: { $0.ssrc == ssrc && $0.origin == origin }) else { return nil }
        let speaker = sources[index].speaker
        if speaker < selectors.count {
            sources[index].latestNanoseconds = nil
        } else {
            release(index)
        }
        return speaker
    }

    /// Takes an unnamed source that has been silent for a minute out of the table.
    ///
    /// - Returns: its speaker; nil where there is none such. To be called until then.
    public mutating func expire(nowNanoseconds: Int64) -> Int? {
        let index = sources.firstIndex { source in
            source.speaker >= selectors.count
                && nowNanoseconds &- (source.latestNanoseconds ?? nowNanoseconds) >= Self.goneNanoseconds
        }
        guard let index else { return nil }
        let speaker = sources[index].speaker
        release(index)
        return speaker
    }

    /// The speaker of a source; nil where it is not known, or is known from another address.
    public func speaker(ssrc: UInt32, origin: UInt64) -> Int? {
        sources.first { $0.ssrc == ssrc && $0.origin == origin }?.speaker
    }

    /// Whether the source was chosen, by its SSRC or by its name, to be a speaker.
    public func isSelected(ssrc: UInt32) -> Bool {
        selectors.contains(.ssrc(ssrc)) || sources.contains { $0.ssrc == ssrc && $0.speaker < selectors.count }
    }

    /// The SSRC that the speaker was last heard under.
    public func ssrc(of speaker: Int) -> UInt32? {
        sources.last { $0.speaker == speaker }?.ssrc
    }

    /// Sources that the table keeps something of.
    var size: Int { sources.count + probation.count }

    private mutating func add(_ ssrc: UInt32, speaker: Int, origin: UInt64, at nanoseconds: Int64?) {
        sources.append(Source(ssrc: ssrc, speaker: speaker, origin: origin, latestNanoseconds: nanoseconds))
    }

    private mutating func release(_ index: Int) {
        isTaken[sources[index].speaker - selectors.count] = false
        sources.remove(at: index)
    }

    private func isSilent(_ source: Source, at nanoseconds: Int64) -> Bool {
        guard let latest = source.latestNanoseconds else { return true }
        return nanoseconds &- latest >= Self.yieldNanoseconds
    }

    /// Whether no source of the speaker is being heard.
    private func isFree(_ speaker: Int, at nanoseconds: Int64) -> Bool {
        sources.allSatisfy { $0.speaker != speaker || isSilent($0, at: nanoseconds) }
    }

    /// Whether a selected source can be added; drops a former source of a selected speaker if need be.
    private mutating func makeRoom(at nanoseconds: Int64) -> Bool {
        if sources.count < limit { return true }
        let former = sources.firstIndex { $0.speaker < selectors.count && isSilent($0, at: nanoseconds) }
        guard let former else {
            statistics.refused += 1
            return false
        }
        sources.remove(at: former)
        return true
    }

    /// Whether the packet is the second in sequence of its source.
    private mutating func hasProven(ssrc: UInt32, sequence: UInt16, origin: UInt64) -> Bool {
        let packet = Probation(ssrc: ssrc, origin: origin, sequence: sequence)
        if let index = probation.firstIndex(where: { $0.ssrc == ssrc && $0.origin == origin }) {
            defer { probation[index] = packet }
            return probation[index].sequence &+ 1 == sequence
        }
        if probation.count < Self.probationPlaces {
            probation.append(packet)
        } else {
            probation[oldestProbation] = packet
            oldestProbation = (oldestProbation + 1) % Self.probationPlaces
        }
        return false
    }
}
