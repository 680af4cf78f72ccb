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
            FILE is WebVTT with voice tags (<v NAME>) or NDJSON with one object a line (docs/captions.md). Its lines \
            are handed over when the session gets to their end. With - lines of NDJSON are read from standard input \
            and handed over as they come, which is for a recogniser at work.
            """
                + examples(
                    "attune caption call.vtt --session acme-7", "my-recogniser | attune caption - --session acme-7"))

    @Argument(help: ArgumentHelp("The captions.", valueName: "FILE|-"), completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The session.", valueName: "SESSION"))
    var session: String

    @Option(help: "Who speaks in cues of WebVTT without a voice tag.")
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
            try say("\(summary.counted) counted, \(summary.ignored) ignored, \(summary.outOfTime) out of time")
        } catch {
            throw fail(error)
        }
    }

    private func fromFile() async throws -> CaptionSummary {
        let lines = try CaptionFile.read(file, speaker: speaker).map { CaptionRequest.Line($0).shifted(by: offset) }
            .sorted { $0.endSeconds < $1.endSeconds }
        guard let age = try await sockets.control.sessions().first(where: { $0.session == session })?.ageSeconds else {
            throw fail("there is no session '\(session)'; 'attune sessions' lists those that run", code: 65)
        }
        guard Self.times.contains(age) else { throw ClientError.unexpectedAnswer("a session is \(age) s old") }
        let start = ContinuousClock.now - .seconds(age)
        var sum = CaptionSummary()
        for line in lines {
            try await Task.sleep(until: start + .seconds(line.endSeconds))
            sum += try await sockets.control.caption(session: session, [line])
        }
        return sum
    }

    private func live() async throws -> CaptionSummary {
        var sum = CaptionSummary()
        var number = 0
        while let text = await Self.nextLine() {
            number += 1
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            let line = try CaptionFile.line(Data(text.utf8), place: "standard input:\(number)")
            sum += try await sockets.control.caption(session: session, [line.shifted(by: offset)])
        }
        return sum
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

    /// The lines of a file of WebVTT or NDJSON.
    ///
    /// - Parameter speaker: who speaks in cues of WebVTT without a voice tag.
    static func read(_ path: String, speaker: String?) throws -> [Caption] {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: maxBytes + 1)
        else { throw fail("cannot read \(path); check that it exists and may be read", code: 66) }
        guard data.count <= maxBytes, let text = String(validating: data, as: UTF8.self) else {
            throw fail("\(path) is not UTF-8 of at most \(maxBytes >> 20) MiB; give captions", code: 65)
        }
        if WebVTT.isHeader(text.prefix { !$0.isNewline }) {
            do throws(CaptionError) {
                return try WebVTT.captions(in: text, speaker: speaker)
            } catch {
                throw fail("\(path): \(error)", code: 65)
            }
        }
        return try text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .filter { !$0.element.allSatisfy(\.isWhitespace) }
            .map { try caption(Data($0.element.utf8), place: "\(path):\($0.offset + 1)") }
    }

    /// A line of NDJSON; `place` names it in errors, its text does not.
    static func line(_ data: Data, place: String) throws -> CaptionRequest.Line {
        guard let line = try? JSONDecoder().decode(CaptionRequest.Line.self, from: data) else {
            throw fail(
                #"\#(place): expected an object such as {"speaker":"ana","start_s":1.5,"end_s":3,"text":"…"}"#, code: 65
            )
        }
        return line
    }

    private static func caption(_ data: Data, place: String) throws -> Caption {
        let line = try line(data, place: place)
        do throws(CaptionError) {
            return try Caption(
                speaker: line.speaker, startSeconds: line.startSeconds, endSeconds: line.endSeconds, text: line.text,
                isPartial: line.isPartial ?? false, id: line.id)
        } catch {
            throw fail("\(place): \(error)", code: 65)
        }
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
    }
}
