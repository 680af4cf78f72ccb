import Events
import TestSupport
import Testing
import Text

@testable import attune

/// What was said, as it is written and as it is told in a report.
@Suite struct TranscriptTests {
    private func line(_ speaker: String, _ start: Double, _ end: Double, _ text: String) throws -> Caption {
        try Caption(speaker: speaker, startSeconds: start, endSeconds: end, text: text)
    }

    @Test func transcriptsAreReadBack() throws {
        let lines = [
            try line("ana", 3.25, 5.5, "How are you <today> & tomorrow?"), try line("ben", 3_700, 3_701.5, "Fine."),
        ]
        let text = TranscriptFormat.vtt.text(of: lines)
        #expect(text.contains("01:01:40.000 --> 01:01:41.500"))
        let read = CueFile.read(text).captions
        #expect(read.map(\.speaker) == ["ana", "ben"] && read.map(\.text) == lines.map(\.text))
        #expect(read.map(\.startSeconds) == [3.25, 3_700])
        #expect(
            TranscriptFormat.csv.text(of: lines)
                == "start_s,end_s,speaker,text\n3.25,5.5,ana,How are you <today> & tomorrow?\n3700,3701.5,ben,Fine.\n"
        )
        #expect(TranscriptFormat.json.text(of: lines).hasPrefix(#"[{"start_s":3.25,"end_s":5.5,"speaker":"ana","#))
    }

    /// No text ends its cue, its row or its object.
    @Test(arguments: HostileText.all)
    func noTextIsMoreThanAText(text: String) throws {
        let lines = [try line("ana", 1, 2, text), try line("ben", 2, 3, "x")]
        let read = CueFile.read(TranscriptFormat.vtt.text(of: lines)).captions
        #expect(read.map(\.speaker) == ["ana", "ben"], "\(text)")
        #expect(TranscriptFormat.json.text(of: lines).split(separator: "\n").count == 1)
        #expect(HostileText.isHarmless(TranscriptFormat.json.text(of: lines).dropLast()))
    }

    @Test func whatWasSaidIsToldInSentences() throws {
        let lines = [
            try line("ana", 0, 4, "How are things going?"),
            try line("ben", 5, 40, "Well, it goes on and on and on and on."),
            try line("ben", 41, 90, "And on."), try line("ana", 91, 95, "Do you mean that? I wonder."),
            try line("ana", 96, 100, "Never mind."),
        ]
        let told = ReportTalk(lines, duration: 300).sentences
        #expect(told.first?.hasPrefix("ana asked in 2 places; in 1 of them") == true, "\(told)")
        #expect(told.contains("ben asked no question."))
        #expect(told.contains { $0.contains("without a question lasted") && $0.contains("3:25") }, "\(told)")
        #expect(
            told.contains { $0.contains("1:25: ben") && $0.contains("“Well, it goes on and on and on …”") }, "\(told)")
        #expect(ReportTalk([], duration: 300).sentences.isEmpty)
    }
}
