public import MediaTypes

/// Tells who speaks when on a track with several voices, while it goes on.
///
/// Every second the 10 s before are looked at, as `Diariser` does, all that is kept of the session is clustered anew,
/// and the last half minute is told again. What was known as a voice stays that voice: clusters get the numbers that
/// the most of their pieces had, one to one, by the Hungarian method. A cluster without one is a new voice, and a
/// number without a cluster is that of a voice which turned out to be another one.
///
/// What voices sound like is kept for as long as this lives, bounded, is overwritten when it is forgotten, and leaves
/// it nowhere. Belongs to one thread at a time.
public struct LiveDiariser<Model: VoiceModel> {
    private typealias Hearing = WindowHearing<Model>

    /// What is told again with every step, in seconds.
    public static var revisedSeconds: Int { 30 }
    private static var windowSamples: Int { SpeakerFrame.windowSamples }
    /// Of a voice no more is embedded of a window, in frames of 10 ms: more costs time and tells little.
    private static var mostFrames: Int { 500 }
    /// Windows that hear anything of the time that is told again.
    private static var recentWindows: Int {
        (revisedSeconds * AudioGrid.sampleRateHz + windowSamples) / Hearing.stepSamples
    }

    private let hearing: WindowHearing<Model>
    private let wanted: Int?
    private let capacity: Int
    /// The last 10 s at most, from `start` on.
    private var buffer: [Float] = []
    private var start: Int64 = 0
    private var hasBegun = false
    /// Samples of the buffer that a window has heard.
    private var heard = 0
    /// Windows of the last time, since audio began or went on after a long hole; each with its number.
    private var windows: [(number: Int, window: HeardWindow)] = []
    private var nextWindow = 0
    private var memory: VoiceMemory?
    private var nextVoice = 0
    private var voiceNumber: VoiceNumber?
    /// What turned out since the last picture.
    private var merges: [VoicePicture.Merge] = []

    /// A diariser that has heard nothing.
    ///
    /// - Parameters:
    ///   - voices: how many voices there are; nil where that is not known.
    ///   - capacity: pieces of voices that are kept.
    init(model: Model, voices: Int?, capacity: Int) {
        hearing = WindowHearing(model: model, mostFrames: Self.mostFrames)
        wanted = voices.map { max(1, $0) }
        self.capacity = capacity
    }

    /// A diariser that has heard nothing.
    ///
    /// - Parameter voices: how many voices there are; nil where that is not known.
    public init(model: Model, voices: Int? = nil) {
        self.init(model: model, voices: voices, capacity: VoiceClusters.mostPieces)
    }

    /// Takes in samples that start at `start`. What was heard before is left out.
    ///
    /// - Parameter sink: takes what is known after each second.
    public mutating func hear(start place: MediaTime, samples: Span<Float>, into sink: (VoicePicture) -> Void) {
        var dropped = 0
        let next = start + Int64(buffer.count)
        let place = min(max(place.samples, -Hearing.farthest), Hearing.farthest)
        if !hasBegun || place - next >= Int64(Self.windowSamples) {
            // Nothing came for so long that no window would hear both sides.
            finish(into: sink)
            hasBegun = true
            start = max(0, place)
            dropped = Int(min(Int64(samples.count), max(0, -place)))
        } else if place > next {
            buffer.append(contentsOf: repeatElement(0, count: Int(place - next)))
        } else {
            dropped = Int(min(Int64(samples.count), next - place))
        }
        Hearing.append(samples, droppingFirst: dropped, to: &buffer)
        while buffer.count - heard >= Hearing.stepSamples { step(into: sink) }
    }

    /// Tells what is known of what no window has heard yet; what comes next is heard without what was before.
    public mutating func finish(into sink: (VoicePicture) -> Void) {
        if buffer.count > heard { step(into: sink) }
        buffer.removeAll(keepingCapacity: true)
        windows = []
        heard = 0
        hasBegun = false
    }

    /// Forgets what a voice sounds like. Who sounds like that from now on is a voice that was never heard.
    public mutating func forget(voice: Int) {
        guard let memory else { return }
        // What of the last windows is not given to anybody by now might be it, too.
        let first = windows.first?.number ?? nextWindow
        memory.remove { $0.voice == voice || $0.voice == nil && $0.window >= first }
    }

    private mutating func step(into sink: (VoicePicture) -> Void) {
        heard = min(buffer.count, heard + Hearing.stepSamples)
        if heard > Self.windowSamples {
            buffer.removeFirst(heard - Self.windowSamples)
            start += Int64(heard - Self.windowSamples)
            heard = Self.windowSamples
        }
        look()
        let spans = cluster()
        let end = start + Int64(heard)
        let first = windows.first?.window.start ?? start
        let told = max(first, end - Int64(Self.revisedSeconds * AudioGrid.sampleRateHz))
        let shown = spans.compactMap { span in
            let from = max(told, span.startSample), to = min(end, span.endSample)
            return from < to ? VoiceSpan(voice: span.voice, startSample: from, endSample: to) : nil
        }
        sink(VoicePicture(startSample: told, endSample: end, spans: shown, merges: merges, number: voiceNumber))
        merges = []
    }

    /// Looks at the newest window.
    private mutating func look() {
        let samples = buffer.prefix(heard)
        guard let window = hearing.hear(samples, from: start) else { return }
        let number = nextWindow
        nextWindow += 1
        // As long as windows begin where audio does, each hears all that the one before did.
        if let last = windows.last, last.window.start == start { windows.removeLast() }
        windows.append((number, window))
        if windows.count > Self.recentWindows { windows.removeFirst() }
        memory?.age(before: windows[0].number)
        for speaker in 0..<SpeakerFrame.speakerCount {
            guard var voice = hearing.voice(of: speaker, in: window, samples) else { continue }
            let memory = memory ?? VoiceMemory(width: voice.vector.count, capacity: capacity)
            self.memory = memory
            memory.keep(&voice.vector, window: number, speaker: speaker, seconds: voice.seconds)
        }
    }

    // MARK: Voices

    /// Clusters all that is kept, and tells who speaks in the windows of the last time.
    private mutating func cluster() -> [VoiceSpan] {
        guard let memory, let first = windows.first, !memory.pieces.isEmpty else { return [] }
        let clusters: [[Int]]
        (clusters, voiceNumber) = VoiceClusters.live(
            memory.linkage(),
            seconds: memory.pieces.map {
                $0.seconds * memory.weight(of: $0) / min(Hearing.windowsPerSecond, Float(nextWindow))
            },
            wanted: wanted)
        let voices = number(clusters, in: memory)
        var directions = clusters.map { memory.direction(of: $0) }
        defer { for index in directions.indices { directions[index].wipe() } }
        var section = Section(start: first.window.start)
        for (_, window) in windows { section.add(window) }
        section.end = start + Int64(heard)
        var votes = Votes(section: section, voices: clusters.count)
        var place = memory.pieces.firstIndex { $0.window >= first.number } ?? memory.pieces.count
        for (number, window) in windows {
            var own: [VoiceMemory.Piece] = []
            while place < memory.pieces.count, memory.pieces[place].window < number { place += 1 }
            while place < memory.pieces.count, memory.pieces[place].window == number {
                own.append(memory.pieces[place])
                place += 1
            }
            let gains = own.map { piece in directions.map { memory.gain(of: piece, $0) } }
            votes.add(window.speakers, of: own.map(\.speaker), from: window.start, gains: gains)
        }
        return votes.spans().map {
            VoiceSpan(voice: voices[$0.voice], startSample: $0.startSample, endSample: $0.endSample)
        }.sorted { ($0.startSample, $0.voice) < ($1.startSample, $1.voice) }
    }

    /// The number of each cluster: that which the most of it had.
    private mutating func number(_ clusters: [[Int]], in memory: VoiceMemory) -> [Int] {
        let pieces = memory.pieces
        let known = Set(pieces.compactMap(\.voice)).sorted()
        let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
        var shared = [[Float]](repeating: [Float](repeating: 0, count: known.count), count: clusters.count)
        for (index, members) in clusters.enumerated() {
            for member in members {
                guard let place = pieces[member].voice.flatMap({ places[$0] }) else { continue }
                shared[index][place] += pieces[member].seconds * memory.weight(of: pieces[member])
            }
        }
        let voices = Assignment.best(shared).enumerated().map { index, place -> Int in
            if let place, shared[index][place] > 0 { return known[place] }
            defer { nextVoice += 1 }
            return nextVoice
        }
        for (place, voice) in known.enumerated() where !voices.contains(voice) {
            // Of what is only too little for now most is in no cluster.
            let own = pieces.reduce(0) { $0 + ($1.voice == voice ? $1.seconds * memory.weight(of: $1) : 0) }
            guard let into = clusters.indices.max(by: { shared[$0][place] < shared[$1][place] }),
                shared[into][place] > own / 2
            else { continue }
            merges.append(VoicePicture.Merge(voice: voice, into: voices[into]))
        }
        for (index, members) in clusters.enumerated() { memory.assign(members, to: voices[index]) }
        return voices
    }
}
