/// A name that no member of a tick has.
public struct UnknownTickField: Error, Sendable {
    /// The name.
    public let name: String
}

/// Which members of ticks somebody wants, by their paths: `engagement.score`, `windows.30s.talk_ratio`. An object
/// stands for all of its members.
public struct TickFields: Sendable, Hashable {
    /// The paths, sorted.
    public let paths: [String]
    private let tree: Node

    private struct Node: Sendable, Hashable {
        var name: [UInt8] = []
        /// Whether all that is below it is wanted.
        var isWhole = false
        var children: [Node] = []

        mutating func add(_ path: ArraySlice<Substring>) {
            guard let first = path.first else {
                isWhole = true
                return
            }
            let name = Array(first.utf8)
            let index = children.firstIndex { $0.name == name } ?? children.endIndex
            if index == children.endIndex { children.append(Node(name: name)) }
            children[index].add(path.dropFirst())
        }
    }

    /// The members of these paths.
    ///
    /// - Throws: the first of them that no tick has.
    public init(_ names: Set<String>) throws(UnknownTickField) {
        paths = names.sorted()
        var tree = Node()
        for member in Event.envelopeFields { tree.children.append(Node(name: Array(member.utf8), isWhole: true)) }
        for path in paths {
            guard Self.isKnown(path) else { throw UnknownTickField(name: path) }
            tree.add(path.split(separator: ".")[...])
        }
        self.tree = tree
    }

    // MARK: What there is

    /// Every path that can be asked for, with `NAME` for the name of a window: what the writer of ticks writes.
    public static let known: [String] = {
        var names: Set<String> = []
        for tick in [Tick.specimen, Tick.abstainingSpecimen] {
            var json = JSONWriter()
            json.object { tick.write(to: &$0) }
            if let value = try? JSONReader.parse(json.bytes) { collect(value, "", &names) }
        }
        return names.sorted()
    }()

    private static let knownNames = Set(known)

    private static func collect(_ value: JSONValue, _ path: String, _ names: inout Set<String>) {
        guard case .object(let members) = value else { return }
        for (name, member) in members {
            let here = path.isEmpty ? name : "\(path).\(name)"
            names.insert(here)
            collect(member, here, &names)
        }
    }

    /// Whether a tick may have a member of this path.
    public static func isKnown(_ path: String) -> Bool {
        var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[0] == "windows" {
            guard isWindow(parts[1]) else { return false }
            parts[1] = Tick.specimenWindow
        }
        return knownNames.contains(parts.joined(separator: "."))
    }

    /// `session`, or whole seconds such as `30s`: which of them there are is the configuration's.
    private static func isWindow(_ name: String) -> Bool {
        guard name != "session" else { return true }
        return name.hasSuffix("s") && Int(name.dropLast()).map { (1...3_600).contains($0) } ?? false
    }

    // MARK: Cutting

    /// The line of a tick with the members that are wanted, and its envelope; objects that nothing is left of are left
    /// out.
    ///
    /// - Parameter line: as `Event.encoded` writes it.
    public func cut(_ line: [UInt8]) -> [UInt8] {
        var cutter = Cutter(line: line)
        cutter.copyObject(tree)
        return cutter.out
    }

    private struct Cutter {
        let line: [UInt8]
        var place = 0
        var out: [UInt8] = []

        init(line: [UInt8]) {
            self.line = line
            out.reserveCapacity(512)
        }

        private var byte: UInt8 { place < line.count ? line[place] : 0 }

        /// The object that begins here, of which the members of `node` are kept.
        mutating func copyObject(_ node: Node) {
            place += 1
            out.append(UInt8(ascii: "{"))
            var isFirst = true
            while place < line.count, byte != UInt8(ascii: "}") {
                let keyStart = place
                skipString()
                let name = line[keyStart..<place].dropFirst().dropLast()
                place += 1
                if let child = node.children.first(where: { name.elementsEqual($0.name) }) {
                    if copyMember(child, key: keyStart..<min(place, line.count), isFirst) { isFirst = false }
                } else {
                    skipValue()
                }
                if byte == UInt8(ascii: ",") { place += 1 }
            }
            place += 1
            out.append(UInt8(ascii: "}"))
        }

        /// - Returns: whether anything of it is left.
        private mutating func copyMember(_ node: Node, key: Range<Int>, _ isFirst: Bool) -> Bool {
            let start = out.count
            if !isFirst { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: line[key])
            let valueStart = out.count
            if node.isWhole {
                let from = place
                skipValue()
                out.append(contentsOf: line[from..<min(place, line.count)])
            } else if byte == UInt8(ascii: "{") {
                copyObject(node)
                if out.count == valueStart + 2 { out.removeLast(out.count - start) }
            } else {
                skipValue()
                out.removeLast(out.count - start)
            }
            return out.count > start
        }

        private mutating func skipString() {
            place += 1
            while place < line.count, line[place] != UInt8(ascii: "\"") {
                place += line[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            place += 1
        }

        /// Moves behind a value of any kind.
        private mutating func skipValue() {
            var depth = 0
            while place < line.count {
                switch line[place] {
                case UInt8(ascii: "\""):
                    skipString()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return }
                    depth -= 1
                case UInt8(ascii: ",") where depth == 0: return
                default: break
                }
                place += 1
            }
        }
    }
}

extension Tick {
    /// The window of the specimens: a stand-in for any.
    static let specimenWindow = "NAME"

    /// A tick that has everything a tick can have, so that its writer says what that is.
    static let specimen: Tick = {
        var window = WindowMetrics(name: specimenWindow)
        window.sideTalkRatio = 0
        window.patienceCount = 0
        window.balance = WindowMetrics.Balance(entropy: 0, gini: 0)
        window.freedom = 0
        window.captions = WindowMetrics.Captions(
            words: 0, wordsPerMinute: nil, fillerWords: 0, questions: 0, trackers: [])
        return Tick(
            windows: [window], voice: VoiceMetrics(isSpeaking: false, levelDb: nil, relativeLevelDb: nil, f0Hz: nil),
            engagement: .scored(
                EngagementScore(
                    score: 0, low: 0, high: 0, confidence: 0, isProvisional: false, contributions: [])),
            sentiment: .scored(
                SentimentScore(
                    score: 0, low: 0, high: 0, confidence: 0, isProvisional: false, activation: nil, basis: [],
                    contributions: [])),
            activation: .estimated(value: 0, low: 0, high: 0),
            baseline: Baseline(speechSeconds: 0, turns: 0, isReady: false), audio: AudioQuality(lossPercent: 0),
            lagsWithheld: .timing, lanes: [.visibleSpecimen])
    }()

    /// The same without scores.
    static let abstainingSpecimen: Tick = {
        var tick = specimen
        tick.engagement = .abstained(reason: .notEnoughSpeech)
        tick.sentiment = .abstained(reason: .notEnoughSpeech)
        tick.activation = .abstained(reason: .notEnoughSpeech)
        return tick
    }()
}
