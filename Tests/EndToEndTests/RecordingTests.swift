import Foundation
import Programs
import TestSupport
import Testing

/// The command on recordings whose truth is known.
@Suite(.waiting) struct RecordingTests {
    private struct Totals: Decodable {
        struct Speaker: Decodable {
            var talk_ratio: Double
            var speech_s: Double
            var turns: Int
            var response_lag_median_ms: Double?
        }
        var speaker_changes: Int
        var duration_s: Double
        var speakers: [String: Speaker]
    }

    private func totals(_ text: String) throws -> Totals {
        try JSONDecoder().decode(Totals.self, from: Data(text.utf8))
    }

    // Made by `make test`; it is not there when the tests are run without it.
    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func theDemosCallIsMeasuredAsItWasMade() throws {
        let call = Place.demoCall.path
        let finished = try run(
            Place.command("attune"),
            [
                "analyze", "--json", "--speaker", "anna:rep=\(call)/anna.wav", "--speaker",
                "ben:customer=\(call)/ben.wav",
            ])
        #expect(finished.status == 0, "\(finished.errors)")
        let measured = try totals(finished.output)
        let rows = try String(contentsOfFile: call + "/timeline.csv", encoding: .utf8)
            .split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",").map(String.init) }
        var speech: [String: Double] = [:]
        for row in rows { speech[row[0], default: 0] += (Double(row[2]) ?? 0) - (Double(row[1]) ?? 0) }
        let all = speech.values.reduce(0, +)
        for (name, seconds) in speech {
            #expect(abs((measured.speakers[name]?.talk_ratio ?? 0) - seconds / all) < 0.02, "\(name)")
        }
        let turns = rows.filter { $0[3] != "backchannel" }.sorted { (Double($0[1]) ?? 0) < (Double($1[1]) ?? 0) }
        let changes = zip(turns, turns.dropFirst()).filter { $0[0] != $1[0] }
        #expect(measured.speaker_changes == changes.count)
        for name in speech.keys {
            let lags = changes.filter { $0.1[0] == name }
                .map { max(0, ((Double($0.1[1]) ?? 0) - (Double($0.0[2]) ?? 0)) * 1000) }.sorted()
            let median = (lags[(lags.count - 1) / 2] + lags[lags.count / 2]) / 2
            #expect(abs((measured.speakers[name]?.response_lag_median_ms ?? .infinity) - median) < 60, "\(name)")
        }
    }

    // One file is read once for all its channels: nothing that is measured may depend on that.
    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func channelsOfOneFileAreMeasuredLikeFilesOfTheirOwn() throws {
        let folder = try TemporaryFolder()
        let call = Place.demoCall.path
        let inputs = ["anna", "ben"].flatMap { ["-t", "80", "-i", "\(call)/\($0).wav"] }
        let (both, anna, ben) = (folder.path + "/both.wav", folder.path + "/anna.wav", folder.path + "/ben.wav")
        let made = try run(
            ffmpeg,
            ["ffmpeg", "-nostdin", "-loglevel", "error"] + inputs
                + ["-filter_complex", "[0][1]amerge=inputs=2[both]", "-map", "[both]", "-ac", "2", both]
                + ["-map", "0:a", anna, "-map", "1:a", ben])
        try #require(made.status == 0, "\(made.errors)")
        func analyze(_ anna: String, _ ben: String) throws -> (totals: String, events: Set<Substring>) {
            let events = folder.path + "/events.ndjson"
            let finished = try run(
                Place.command("attune"),
                [
                    "analyze", "--json", "--events", events, "--speaker", "anna:rep=\(anna)", "--speaker",
                    "ben:customer=\(ben)",
                ])
            #expect(finished.status == 0, "\(finished.errors)")
            // Their numbers depend on who is read first at the same time.
            let lines = try String(contentsOfFile: events, encoding: .utf8).replacing(/"seq":\d+,/, with: "")
            return (finished.output, Set(lines.split(separator: "\n")))
        }
        let apart = try analyze(anna, ben)
        let together = try analyze(both + "#0", both + "#1")
        #expect(together.totals == apart.totals)
        #expect(together.events == apart.events && apart.events.count > 200)
        let missing = try run(
            Place.command("attune"), ["analyze", "--speaker", "x=\(both)#0", "--speaker", "y=\(both)#2"])
        #expect(missing.status == 65 && missing.errors.contains("no track or channel 2; it has 2"), "\(missing.errors)")
    }

    // Real call, agent and customer on separate channels; skipped where the recordings are not there.
    @Test(.enabled(if: Place.hasData, "../shared/data/calls is not there"))
    func talkTimeOfARealCallAgreesWithTheEnergyOfItsChannels() throws {
        let files = ["agent", "customer"].map { Place.data.appendingPathComponent("calls/repairs40-\($0).flac").path }
        let finished = try analyzeCall(files)
        let measured = try totals(finished.output)
        let reference = try files.map { try EnergyReference(file: $0).speechSeconds }
        for (name, seconds) in zip(["agent", "customer"], reference) {
            let speaker = try #require(measured.speakers[name])
            #expect(abs(speaker.talk_ratio - seconds / (reference[0] + reference[1])) < 0.03)
            #expect(abs(speaker.speech_s - seconds) / measured.duration_s < 0.03)
        }
    }

    // The beginning of the same call as two live RTP streams in real time: a minute and a half, most of it waiting.
    @Test(.enabled(if: Place.hasData, "../shared/data/calls is not there"))
    func aLiveCallGivesTheFiguresOfItsRecording() throws {
        let logs = try TemporaryFolder()
        let files = try ["agent", "customer"].map { name in
            let (whole, begin) = ("calls/repairs40-\(name).flac", "\(logs.path)/\(name).flac")
            let cut = ["-loglevel", "error", "-i", Place.data.appendingPathComponent(whole).path, "-t", "90", begin]
            let made = try run(ffmpeg, ["ffmpeg", "-nostdin"] + cut)
            try #require(made.status == 0, "\(made.errors)")
            return begin
        }
        let recorded = try totals(analyzeCall(files).output)
        let daemon = try RunningDaemon()
        let urls = try ["agent:rep", "customer:customer"].map { try daemon.attachRTP(session: "call", speaker: $0) }
        let sender = try startSender(
            files.flatMap { ["-re", "-i", $0] }
                + urls.enumerated().flatMap { index, url in
                    ["-map", "\(index):a", "-c:a", "libopus", "-b:a", "32k", "-f", "rtp", url]
                }, logs: logs.path)
        sender.waitUntilExit()
        let live = try totals(daemon.attune("detach", "call").output)
        #expect(daemon.terminate() == 0)
        for name in ["agent", "customer"] {
            let there = try #require(recorded.speakers[name])
            let here = try #require(live.speakers[name])
            #expect(abs(here.talk_ratio - there.talk_ratio) < 0.01, "\(name)")
            #expect(abs(here.speech_s - there.speech_s) / recorded.duration_s < 0.01, "\(name)")
        }
        #expect(abs(live.speaker_changes - recorded.speaker_changes) <= 1)
    }

    private func analyzeCall(_ files: [String]) throws -> Finished {
        let finished = try run(
            Place.command("attune"),
            ["analyze", "--json", "--speaker", "agent:rep=\(files[0])", "--speaker", "customer:customer=\(files[1])"])
        try #require(finished.status == 0, "\(finished.errors)")
        return finished
    }

    @Test func whatCannotBeDecodedIsSaid() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/damaged.flac"
        let made = try run(
            ffmpeg, ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anoisesrc=d=4:r=48000:a=0.3:s=1", path])
        try #require(made.status == 0, "\(made.errors)")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in bytes.count / 2..<bytes.count / 2 + 5_000 { bytes[index] ^= 0x5A }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        for arguments in [["features", path], ["segments", path], ["analyze", "--json", path]] {
            let finished = try run(Place.command("attune"), arguments)
            #expect(finished.status == 0 && finished.errors.contains("odd media: "), "\(finished.errors)")
        }
        // Attached, it is the log that says so.
        let daemon = try RunningDaemon()
        #expect(
            try daemon.attune("attach", path, "--session", "s", "--speaker", "a", "--consent", "granted").status == 0)
        try eventually("the log says it") { daemon.log.contains("of its packets cannot be decoded") }
        // What the container has lost leaves a hole, and no packet that fails.
        let cut = folder.path + "/cut.mkv"
        let noise = "anoisesrc=d=8:r=48000:a=0.3:s=1"
        let packed = try run(
            ffmpeg, ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", noise, "-c:a", "libopus", cut])
        try #require(packed.status == 0, "\(packed.errors)")
        bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: cut)))
        for index in bytes.count / 2..<bytes.count / 2 + 4_000 { bytes[index] = 0xFF }
        try Data(bytes).write(to: URL(fileURLWithPath: cut))
        let finished = try run(Place.command("attune"), ["segments", cut])
        #expect(finished.status == 0 && finished.errors.contains("s are missing in "), "\(finished.errors)")

    }

    @Test func channelsOfOneFileAreTakenApart() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/stereo.wav"
        // A second of a tone on the first channel.
        let samples = (0..<48_000).flatMap { index in
            let isTone = (16_000..<32_000).contains(index)
            return [isTone ? Int16(6_553 * sin(2 * .pi * 440 * Double(index) / 16_000)) : 0, 0]
        }
        try Data(waveFile(samples, rateHz: 16_000, channels: 2)).write(to: URL(fileURLWithPath: path))
        func peak(_ arguments: [String]) throws -> Double {
            let finished = try run(Place.command("attune"), ["features", path] + arguments)
            try #require(finished.status == 0, "\(finished.errors)")
            let rows = finished.output.split(separator: "\n")
            #expect(rows.first == "time_s,speech_prob,f0_hz,voicing_prob,level_db")
            #expect(rows.count == 301)
            #expect(rows[1].hasPrefix("0.005,"))
            return rows.dropFirst().compactMap { Double($0.split(separator: ",").last ?? "") }.max() ?? -200
        }
        #expect(abs(try peak(["--channel", "0"]) - -17) < 1)
        #expect(try peak(["--channel", "1"]) < -100)
        #expect(abs(try peak([]) - -23) < 1)
        let missing = try run(Place.command("attune"), ["features", path, "--channel", "2"])
        #expect(missing.status == 65 && missing.errors.contains("no track or channel 2; it has 2"), "\(missing.errors)")
    }
}

/// Speech time of one channel of a clean call from its energy alone, independent of the product's detector:
/// 20 ms frames more than 12 dB above the noise floor (10th percentile of the frames that are not digital
/// silence) and within 32 dB of the loud ones (95th percentile), gaps below 200 ms closed, bursts below 80 ms dropped.
private struct EnergyReference {
    var speechSeconds: Double

    init(file: String) throws {
        let folder = try TemporaryFolder()
        let raw = folder.path + "/x.f32"
        let made = try run(
            ffmpeg, ["ffmpeg", "-loglevel", "error", "-i", file, "-f", "f32le", "-ac", "1", "-ar", "16000", raw])
        try #require(made.status == 0, "\(made.errors)")
        let samples = try Data(contentsOf: URL(fileURLWithPath: raw)).withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
        let frame = 320
        let levels = stride(from: 0, to: samples.count - frame, by: frame).map { start -> Double in
            let energy = samples[start..<start + frame].reduce(0.0) { $0 + Double($1) * Double($1) }
            return 10 * log10(energy / Double(frame) + 1e-12)
        }
        let sorted = levels.filter { $0 > -100 }.sorted()
        let floor = sorted[sorted.count / 10]
        let loud = sorted[sorted.count * 95 / 100]
        let limit = max(floor + 12, loud - 32)
        var active = levels.map { $0 > limit }
        Self.replaceRuns(of: false, shorterThan: 10, in: &active)
        Self.replaceRuns(of: true, shorterThan: 4, in: &active)
        speechSeconds = Double(active.count { $0 }) * 0.02
    }

    private static func replaceRuns(of value: Bool, shorterThan limit: Int, in frames: inout [Bool]) {
        var start = 0
        while start < frames.count {
            var end = start
            while end < frames.count, frames[end] == frames[start] { end += 1 }
            if frames[start] == value, end - start < limit, start > 0, end < frames.count {
                for index in start..<end { frames[index] = !value }
            }
            start = end
        }
    }
}
