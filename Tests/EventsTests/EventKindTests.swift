import Events
import Foundation
import Testing

/// The table of the types of events. That each body has a type in it is the compiler's to check; that each type is
/// read again as itself, the golden lines'.
@Suite struct EventKindTests {
    private func names(_ trait: EventKind.Traits) -> Set<String> {
        Set(EventKind.allCases.filter { $0.traits.contains(trait) }.map(\.rawValue))
    }

    @Test func whatHoldsOfWhichTypeIsAsSaid() {
        #expect(names(.coalescible) == ["tick"])
        #expect(names(.connection) == ["hello", "snapshot", "lagged", "error"])
        #expect(
            names(.measurement) == [
                "tick", "words", "tracker", "speech.started", "speech.ended", "speech.revised", "turn", "overlap",
                "overlap.started",
                "video", "face.points",
                "cue.raised",
                "cue.changed",
                "cue.cleared", "quality", "session.ended",
            ])
        #expect(names(.fleeting) == ["face.points"])
        #expect(names(.stored).isDisjoint(with: names(.fleeting)))
        #expect(names(.stored).isSubset(of: names(.measurement)), "what is stored is deleted with the consent")
        #expect(EventKind.filterable.count == EventKind.allCases.count - names(.connection).count)
    }

    @Test func theDocumentationSaysWhatIsStored() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appendingPathComponent("docs/store.md"), encoding: .utf8)
        let row = try #require(document.split(separator: "\n").first { $0.hasPrefix("| events of that speaker |") })
        let quoted = row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        #expect(Set(quoted) == names(.stored))
    }
}
