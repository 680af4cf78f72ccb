import ArgumentParser
import AttuneClient
import ControlAPI
import Foundation
import Text

struct CaptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caption",
        abstract: "Hand captions over to a running session; they are counted, and their text is kept nowhere.",
        discussion: """
            FILE is WebVTT, SRT, a transcript that a meeting tool saved, or NDJSON with one object a line \
            (docs/captions.md). Its lines \
            are handed over when the session gets to their end. With - lines of NDJSON are read from standard input \
            and handed over as they come, which is for a recogniser at work.
            """
                + examples(
                    "attune caption call.vtt --session acme-7", "my-recogniser | attune caption - --session acme-7"))

    @Argument(help: ArgumentHelp("The captions.", valueName: "FILE|-"), completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The session.", valueName: "SESSION"))
    var session: String

    @Option(help: "Who speaks in lines of FILE that name nobody.")
    var speaker: String?

    @Option(help: "Seconds of the session at which the times of FILE begin.")
    var offset = 0.0

    @OptionGroup var sockets: SocketOptions

    /// Seconds that can be waited for.
    private static let times = -1e9...1e9

    func validate() throws {
        guard Self.times.contains(offset) else {
            throw ValidationError("--offset \(offset) is out of range; give seconds of the session.")
        }
    }

    func run() async throws {
        do {
            let summary = try await file == "-" ? live() : fromFile()
            try say(
                "\(summary.counted) counted, \(summary.ignored) ignored, \(summary.outOfTime) out of time"
                    + (summary.skipped > 0 ? ", \(summary.skipped) skipped" : ""))
        } catch {
            throw fail(error)
        }
    }

    private func fromFile() async throws -> CaptionSummary {
        let reading = try CaptionFile.read(file, speaker: speaker)
        var skipped = Skipped(file)
        var sum = CaptionSummary(skipped: skipped.tell(reading.problems))
        let lines = reading.captions.map { CaptionRequest.Line($0).shifted(by: offset) }
            .sorted { $0.endSeconds < $1.endSeconds }
        guard let age = try await sockets.control.sessions().first(where: { $0.session == session })?.ageSeconds else {
            throw fail("there is no session '\(session)'; 'attune sessions' lists those that run", code: 65)
        }
        guard Self.times.contains(age) else { throw ClientError.unexpectedAnswer("a session is \(age) s old") }
        let start = ContinuousClock.now - .seconds(age)
        for line in lines {
            try await Task.sleep(until: start + .seconds(line.endSeconds))
            try await hand(over: line, &sum, &skipped)
        }
        return sum
    }

    private func live() async throws -> CaptionSummary {
        var sum = CaptionSummary()
        var number = 0
        var skipped = Skipped("standard input")
        while let text = await Self.nextLine() {
            number += 1
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            switch CaptionFile.line(Data(text.utf8)) {
            case .success(let line):
                try await hand(over: line.shifted(by: offset), &sum, &skipped, place: "line \(number): ")
            case .failure(let error): sum.skipped += skipped.tell(["line \(number): \(error)"])
            }
        }
        return sum
    }

    /// Hands a line over; one that the daemon does not take is said and counted, and the others go on.
    private func hand(
        over line: CaptionRequest.Line, _ sum: inout CaptionSummary, _ skipped: inout Skipped, place: String = ""
    ) async throws {
        do {
            sum += try await sockets.control.caption(session: session, [line])
        } catch ClientError.refused(let problem)
            where [.noSuchSpeaker, .invalidRequest, .malformedRequest, .tooManyCaptions].contains(problem.type)
        {
            sum.skipped += skipped.tell([place + problem.detail])
        }
    }

    /// The next line of standard input, waited for on a thread of its own.
    private static func nextLine() async -> String? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: readLine()) }
        }
    }
}

/// Reads captions from a file.
enum CaptionFile {
    private static let maxBytes = 64 << 20

    /// The lines of a file of WebVTT, SRT, a transcript or NDJSON, and what is wrong with the others.
    ///
    /// - Parameter speaker: who speaks where nobody is named.
    /// - Throws: where nothing of it can be read.
    static func read(_ path: String, speaker: String?) throws -> CaptionReading {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: maxBytes + 1)
        else { throw fail("cannot read \(path); check that it exists and may be read", code: 66) }
        guard data.count <= maxBytes, let text = String(validating: data, as: UTF8.self) else {
            throw fail("\(path) is not UTF-8 of at most \(maxBytes >> 20) MiB; give captions", code: 65)
        }
        let reading =
            CueFile.isOne(text)
            ? CueFile.read(text, speaker: speaker)
            : Transcript.isOne(text) ? Transcript.read(text, speaker: speaker) : objects(in: text)
        if reading.captions.isEmpty, let problem = reading.problems.first {
            throw fail("\(path): \(problem)", code: 65)
        }
        return reading
    }

    /// The lines of NDJSON: what ends a line is a line feed, as texts may hold anything else.
    private static func objects(in text: String) -> CaptionReading {
        var reading = CaptionReading()
        for (index, row) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !row.allSatisfy({ $0 <= 0x20 }) {
            do throws(CaptionError) {
                let line = try line(Data(row)).get()
                reading.captions.append(
                    try Caption(
                        speaker: line.speaker, startSeconds: line.startSeconds, endSeconds: line.endSeconds,
                        text: line.text, isPartial: line.isPartial ?? false, id: line.id))
            } catch {
                reading.problems.append("line \(index + 1): \(error)")
            }
        }
        return reading
    }

    /// A line of NDJSON.
    static func line(_ data: Data) -> Result<CaptionRequest.Line, CaptionError> {
        guard let line = try? JSONDecoder().decode(CaptionRequest.Line.self, from: data) else {
            return .failure(
                CaptionError(#"expected an object such as {"speaker":"ana","start_s":1.5,"end_s":3,"text":"…"}"#))
        }
        return .success(line)
    }
}

/// What is said of lines that are left out: the first few, each once.
struct Skipped {
    private static let maxTold = 5
    private let source: String
    private var told = 0

    init(_ source: String) { self.source = source }

    /// Says what is wrong.
    ///
    /// - Returns: how many lines that are.
    mutating func tell(_ problems: [String]) -> Int {
        for problem in problems {
            told += 1
            if told <= Self.maxTold { warn("\(source): \(problem); it is left out") }
            if told == Self.maxTold + 1 { warn("\(source): more lines are left out; the sum says how many") }
        }
        return problems.count
    }
}

extension CaptionRequest.Line {
    fileprivate init(_ caption: Caption) {
        self.init(
            speaker: caption.speaker, startSeconds: caption.startSeconds, endSeconds: caption.endSeconds,
            text: caption.text, isPartial: caption.isPartial ? true : nil, id: caption.id)
    }

    fileprivate func shifted(by seconds: Double) -> Self {
        var line = self
        line.startSeconds += seconds
        line.endSeconds += seconds
        return line
    }
}

extension CaptionSummary {
    fileprivate static func += (sum: inout CaptionSummary, part: CaptionSummary) {
        sum.counted += part.counted
        sum.ignored += part.ignored
        sum.outOfTime += part.outOfTime
        sum.skipped += part.skipped
    }
}
