import Conversation
import Foundation
import MediaTypes
import Pipeline
import TestSupport
import Testing

@testable import Audit

@Suite struct AuditTests {
    /// A folder that is removed with the test.
    private final class Folder {
        let url: URL

        init() throws {
            url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ name: String, _ text: String) throws -> String {
            let file = url.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
    }

    private func record(_ hop: Int64, speaks: Bool, f0Hz: Float = 150) -> HopRecord {
        HopRecord(
            index: hop, levelDb: speaks ? -25 + 4 * Float(hop % 40) / 40 : -70, speechProbability: speaks ? 1 : 0,
            f0Hz: speaks ? f0Hz * (1 + 0.1 * Float(hop % 50) / 50) : 0, voicingProbability: speaks ? 1 : 0,
            isSpeech: speaks, isLost: false, isNucleus: speaks && hop % 22 == 0, spectralTiltDb: -12)
    }

    // MARK: The table

    @Test func aTableIsReadWithQuotesAndPlaces() throws {
        let folder = try Folder()
        let path = try folder.write(
            "table.csv",
            "file,speaker,gender,activation,accent\r\n\"a,\"\"1\"\".wav\",s1,female,-0.5,\n/x/b.wav,s1,female,1,strong\n\n"
        )
        let table = try AuditTable(path: path)
        #expect(table.groupColumns == ["gender", "accent"])
        #expect(table.rows.map(\.file) == [folder.url.appendingPathComponent("a,\"1\".wav").path, "/x/b.wav"])
        #expect(table.rows.map(\.activation) == [-0.5, 1])
        #expect(table.rows[0].groups == ["gender": "female"])
        #expect(table.rows[1].groups == ["gender": "female", "accent": "strong"])
    }

    @Test(arguments: [
        ("name,who\na,b\n", "header"), ("file,speaker\n", "names no recording"),
        ("file,speaker\na\n", "line 2: 1 fields"),
        ("file,speaker,valence\na,b,2\n", "line 2: valence '2'"), ("file,speaker\n,b\n", "line 2: no file"),
        ("file,speaker\n\"a,b\n", "never closed"), ("file,speaker,file\na,b,c\n", "two columns"),
    ])
    func aBadTableIsRefusedInOneLine(text: String, says: String) throws {
        let folder = try Folder()
        let path = try folder.write("table.csv", text)
        let error = #expect(throws: AuditError.self) { try AuditTable(path: path) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    // MARK: References

    @Test func speechIsComparedHopByHop() throws {
        let folder = try Folder()
        // Speech is found from 0.2 to 0.6 s.
        let records = (0..<100).map { record(Int64($0), speaks: (20..<60).contains($0)) }
        let labelled = try folder.write("a.lab", "0 0.1 S\n0.1 0.5 V\n0.5 5 S\n")
        let errors = try References.speechErrors(records, file: labelled)
        #expect(errors.missed == ErrorCount(wrong: 10, compared: 40))
        #expect(errors.alarms == ErrorCount(wrong: 10, compared: 60))
        let plain = try folder.write("b.lab", "0.2,0.6\n")
        #expect(try References.speechErrors(records, file: plain).missed.wrong == 0)
        let bad = try folder.write("c.lab", "0.2 x\n")
        #expect(throws: AuditError.self) { try References.speechErrors(records, file: bad) }
    }

    @Test func pitchIsComparedWhereBothAreVoiced() throws {
        let folder = try Folder()
        let records = (0..<100).map { record(Int64($0), speaks: $0 < 50) }
        let file = try folder.write("a.f0", "0.105 150\n0.205 300\n0.305 0\n0.805 150\n9 150\n")
        #expect(try References.f0Errors(records, file: file) == ErrorCount(wrong: 1, compared: 2))
    }

    // MARK: Groups

    private func speaker(_ name: String, _ group: String?, sentiment: Double) -> AuditedSpeaker {
        var share = Share()
        share.add(sentiment)
        return AuditedSpeaker(
            name: name, groups: group.map { ["gender": $0] } ?? [:], recordings: 3, shares: [.sentiment: share])
    }

    @Test func aGapIsTheDifferenceFromTheRestWithAnInterval() throws {
        var speakers = [speaker("c", nil, sentiment: 0)]
        for index in 0..<8 {
            speakers.append(speaker("a\(index)", "a", sentiment: 55 + Double(index % 3)))
            speakers.append(speaker("b\(index)", "b", sentiment: 50 + Double(index % 3)))
        }
        let groups = GroupStatistics.groups(of: "gender", speakers)
        #expect(groups.map(\.name) == ["a", "b"])
        #expect(groups.map(\.speakers) == [8, 8])
        let figure = try #require(groups[0].figures[.sentiment])
        let gap = try #require(figure.gap)
        #expect(abs(gap - 5) < 1e-9)
        #expect((figure.gapLow ?? 9) > 3 && (figure.gapHigh ?? 0) < 7)
        #expect(figure.low <= figure.value && figure.value <= figure.high)
        #expect(groups[1].figures[.sentiment]?.gap.map { abs($0 + gap) < 1e-9 } == true)
    }

    // MARK: Agreement

    @Test func estimatesAreHeldAgainstLabels() throws {
        // Two speakers, estimates that are the label by half, and an offset of 0.1.
        let pairs = [-0.8, -0.2, 0.2, 0.8].map { Agreement.Pair(estimate: $0 / 2 + 0.1, label: $0) }
        let found = try #require(Agreement([pairs, [], pairs]))
        #expect(found.recordings == 8)
        #expect(abs(try #require(found.correlation).value - 1) < 1e-9)
        // Variances .34 and .085, covariance .17, means .1 apart.
        #expect(abs(try #require(found.concordance).value - 0.34 / (0.34 + 0.085 + 0.01)) < 1e-9)
        #expect(try #require(found.areaUnderCurve).value == 1)
    }

    @Test func equalEstimatesAreInOrderByHalf() throws {
        let pairs = [(0.0, -1.0), (0, 1), (0.5, 1), (-0.5, 1)].map { Agreement.Pair(estimate: $0, label: $1) }
        let found = try #require(Agreement([pairs])?.areaUnderCurve)
        #expect(found.value == 0.5)
    }

    @Test func labelsThatDoNotVaryHaveNoAgreement() throws {
        let found = try #require(Agreement([[Agreement.Pair(estimate: 0.1, label: 0), .init(estimate: 0, label: 0)]]))
        #expect(found.concordance == nil && found.correlation == nil && found.areaUnderCurve == nil)
        #expect(Agreement([[], []]) == nil)
    }

    // MARK: The same behaviour

    @Test func aVoiceThatNeverChangesIsNeutralWhateverItIsLike() throws {
        for f0Hz in [90, 220] as [Float] {
            let call = SameBehaviour([(0..<700).map { record($0, speaks: (50..<650).contains($0), f0Hz: f0Hz) }])
            #expect(abs(try #require(call.engagement) - 50) < 1.5)
            #expect(call.sentiment == nil, "there are no words")
            #expect(call.abstention < 0.05)
        }
    }

    @Test func whoIsNeverHeardHasNoScore() {
        let call = SameBehaviour([(0..<700).map { record($0, speaks: false) }])
        #expect(call.engagement == nil && call.sentiment == nil && call.abstention == 1)
    }

    // MARK: From end to end

    /// A buzz of three seconds, 16 kHz: harmonics of `f0Hz` in syllables of a quarter of a second.
    private func wave(f0Hz: Double) -> Data {
        var samples = [Int16](repeating: 0, count: 48_000)
        for index in 4_000..<44_000 {
            let time = Double(index) / 16_000
            var value = 0.0
            for harmonic in 1...12 { value += sin(2 * Double.pi * f0Hz * Double(harmonic) * time) / Double(harmonic) }
            samples[index] = Int16(4_000 * value * abs(sin(4 * Double.pi * time)))
        }
        return Data(waveFile(samples, rateHz: 16_000))
    }

    @Test func recordingsAreMeasuredAndReported() throws {
        let folder = try Folder()
        var table = "file,speaker,activation,valence,gender\n"
        for speaker in ["s1", "s2"] {
            for number in 0..<3 {
                let name = "\(speaker)-\(number).wav"
                let f0Hz = (speaker == "s1" ? 165.0 : 195) * (number == 2 ? 1.08 : 1)
                try wave(f0Hz: f0Hz).write(to: folder.url.appendingPathComponent(name))
                table += "\(name),\(speaker),\(number == 2 ? 0.6 : 0),0,\(speaker == "s1" ? "male" : "female")\n"
            }
        }
        let audit = try Audit(table: try folder.write("t.csv", table), detection: .builtIn)
        #expect(audit.recordings.count == 6)
        for recording in audit.recordings {
            let activation = try #require(recording.estimate).activation
            #expect(recording.file.hasSuffix("-2.wav") ? activation > 0.04 : activation == 0, "\(recording)")
        }
        #expect(audit.groups.map(\.name) == ["all", "female", "male"])
        let json = try JSONSerialization.jsonObject(with: Data(audit.json())) as? [String: Any]
        #expect((json?["recordings"] as? [Any])?.count == 6)
        #expect((json?["groups"] as? [Any])?.count == 3)
        let agreement = (json?["agreement"] as? [String: [String: Any]])?["activation"]
        #expect((agreement?["auc"] as? [String: Any])?["value"] as? Double == 1)
        #expect(audit.markdown.contains("| activation | 6 | "))
        #expect(audit.groups[0].figures[.activationCoverage] != nil)
        #expect(audit.markdown.contains("| female | 1 | 3 |"))
        let gap = try #require(audit.largestScoreGap)
        #expect(gap >= 0 && gap < 10)
    }

    @Test func aMissingRecordingIsNamed() throws {
        let folder = try Folder()
        let path = try folder.write("t.csv", "file,speaker\nno-such.wav,s1\n")
        let error = #expect(throws: (any Error).self) { try Audit(table: path, detection: .builtIn) }
        #expect(error.map { "\($0)".contains("no-such.wav") } == true)
    }
}
