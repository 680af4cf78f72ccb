import Events
import Foundation
import TestSupport
import Testing

@testable import attune

/// Whatever a daemon says, or somebody in its place: the terminal obeys none of it, and no number ends the command.
@Suite struct HostileEventTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("golden/v1")
    /// The first line of each type that there is.
    private static let lines = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        .compactMap { name in
            try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                .split(separator: "\n").first.map(String.init)
        }

    private static let numbers: [any Sendable] = [
        -100, 100.5, 1e300, -1e300, 1e18, -1e18, Int.max, Int.min, 1e-300, -0.0, 0.5, 4_294_967_296,
    ]

    /// The value with each of its leaves replaced in turn by what `replace` makes of it.
    private static func variants(_ value: Any, _ replace: (Any) -> [Any]) -> [Any] {
        var all: [Any] = []
        switch value {
        case let object as [String: Any]:
            for key in object.keys.sorted() where key != "type" && key != "v" {
                for other in variants(object[key] ?? 0, replace) { all.append(object.merging([key: other]) { $1 }) }
            }
        case let array as [Any]:
            for index in array.indices {
                for other in variants(array[index], replace) {
                    var array = array
                    array[index] = other
                    all.append(array)
                }
            }
        default: all = replace(value)
        }
        return all
    }

    /// What all views make of a line, for a screen that knows its speaker.
    private static func shown(_ line: EventLine) -> [String] {
        var state = TopState()
        if let event = line.event, let session = event.session, let speaker = event.speaker {
            let joined = Event(
                .speakerJoined(SpeakerJoined(role: "rep", consent: .granted)), session: session, speaker: speaker)
            _ = state.take(EventLine(joined.line(sequence: 1, at: "2026-03-02T09:14:38.701Z")))
        }
        _ = state.take(line)
        var view = TopView()
        view.press(.character("s"), state, page: 10)
        let lines = [(40, 10), (200, 40)].flatMap { width, height in
            TopLayout(state, view, width: width, height: height).lines.map { $0.map(\.text).joined() }
        }
        return [line.summary] + lines
    }

    private static func check(_ replace: (Any) -> [Any], _ check: (EventLine, [String]) throws -> Void) throws {
        #expect(lines.count > 20)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            for variant in variants(object, replace) {
                let read = EventLine(Array(try JSONSerialization.data(withJSONObject: variant)))
                try check(read, shown(read))
            }
        }
    }

    @Test(arguments: HostileText.all)
    func noTextIsObeyed(text: String) throws {
        var isSeen = false
        func replace(_ leaf: Any) -> [Any] { leaf is String ? [text] : [] }
        try Self.check(replace) { line, shown in
            isSeen = isSeen || shown.contains { $0.contains("begin") }
            for part in shown { #expect(HostileText.isHarmless(part), "\(part) of \(line.text)") }
        }
        #expect(isSeen)
    }

    @Test func noNumberEndsTheCommand() throws {
        var read = 0
        var refused: Set<String> = []
        func replace(_ leaf: Any) -> [Any] {
            if leaf is NSNumber { return Self.numbers.map { $0 as Any } }
            return []
        }
        try Self.check(replace) { line, shown in
            if line.event != nil { read += 1 } else { refused.insert(line.refusal ?? "") }
            #expect(shown.allSatisfy { $0.utf8.count < 2_000 + line.json.count }, "\(line.text)")
        }
        #expect(read > 0)
        #expect(refused.contains("'score' must be a number from 0 to 100"), "\(refused)")
    }

    private static func screen(_ state: TopState) -> [String] {
        TopLayout(state, TopView(), width: 120, height: 40).lines.map { $0.map(\.text).joined() }
    }

    @Test func whatIsRefusedIsSaid() {
        var state = TopState()
        let line = EventLine(
            Array(#"{"v":1,"type":"heartbeat","seq":1,"at":"x","sessions":1e300,"subscribers":1}"#.utf8))
        #expect(line.event == nil)
        let hasChanged = state.take(line)
        let said = "1 lines could not be read; the last: 'sessions' must be a whole number"
        #expect(hasChanged && Self.screen(state).contains { $0.contains(said) })
    }

    /// A score of the program's own making, which nobody has read.
    @Test(arguments: [-100, 1e300, -1e300, .nan, .infinity, 100.4])
    func noScoreEndsTheScreen(score: Double) {
        #expect(TopColumn.curve([score], width: 8).count == 8)
    }

    @Test func speakersWithoutEndAreNotKept() {
        var state = TopState()
        for number in 1...1_000 {
            let joined = Event(
                .speakerJoined(SpeakerJoined(role: nil, consent: .granted)), session: "s\(number % 7)",
                speaker: "\(number)")
            _ = state.take(EventLine(joined.line(sequence: number, at: "2026-03-02T09:14:38.701Z")))
        }
        #expect(state.speakerCount == TopState.maxSpeakers && state.isFull)
        let lines = TopLayout(state, TopView(), width: 80, height: 400).lines
        #expect(lines.contains { $0.first?.text.contains("are not shown") == true })
    }
}
