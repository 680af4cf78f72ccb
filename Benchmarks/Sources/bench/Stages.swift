import CMallocCounter
import Decode
import MediaTypes
import Pipeline
import Voice

/// CPU time of the stages that audio goes through.
struct Stages {
    let material: Material
    let detection: SpeechDetection

    /// CPU seconds per hour of audio.
    private func perHour(_ seconds: Double) -> Double { seconds * 3600 / Double(Material.seconds) }

    private func analyse(
        _ samples: [Float], network: SpeechNetwork?, measuresFeatures: Bool = true
    ) -> Double {
        var configuration = VoiceConfiguration()
        configuration.measuresFeatures = measuresFeatures
        var analyzer = VoiceAnalyzer(configuration: configuration, network: network)
        return cpu {
            var start = 0
            while start < samples.count {
                let end = min(start + 320, samples.count)
                analyzer.process(samples.span.extracting(start..<end)) { consume($0) }
                start = end
            }
            analyzer.finish { consume($0) }
        }
    }

    private func decode(_ file: String) throws -> Double {
        try cpu {
            var input = try TrackInput(file, channel: nil)
            while try input.read({ _, block in consume(block.count) }) != .end {}
        }
    }

    /// The voice core by itself, and beside what FFmpeg pays for decoding the same speech.
    func table() throws -> String {
        var table = Table("stage", "CPU-s per hour of audio")
        func add(_ name: String, _ seconds: Double) { table.add(name, figure(perHour(seconds))) }
        let silence = [Float](repeating: 0, count: material.speech.count)
        add("decoding Opus 24 kbit/s (`Decode`)", try median { try decode(material.opusFile) })
        let detector = median { analyse(material.speech, network: nil, measuresFeatures: false) }
        add("built-in detector, continuous speech", detector)
        if let network = detection.network {
            add(
                "network detector, continuous speech",
                median { analyse(material.speech, network: network, measuresFeatures: false) })
        }
        let whole = median { analyse(material.speech, network: detection.network) }
        add("voice core, continuous speech", whole)
        let fifth = median { analyse(material.fifth, network: detection.network) }
        add("voice core, speech a fifth of the time", fifth)
        add("voice core, digital silence", median { analyse(silence, network: detection.network) })
        return table.text + "\n" + (try pairs()) + "\n" + allocations() + "\n"
            + "Streams per core that analysis alone would allow: \(Int(3600 / perHour(whole))) that speak all the time, "
            + "\(Int(3600 / perHour(fifth))) that speak a fifth of it.\n"
    }

    /// Voice core and FFmpeg in turn, so that the ratio holds when the machine's speed drifts.
    private func pairs() throws -> String {
        var ratios: [Double] = []
        for round in 0..<6 {
            let core = analyse(material.speech, network: detection.network)
            let before = childrenSeconds()
            try run([
                "ffmpeg", "-nostdin", "-threads", "1", "-i", material.opusFile, "-ac", "1", "-ar", "16000", "-f",
                "null",
                "-",
            ])
            // The first pair warms up.
            if round > 0 { ratios.append(core / (childrenSeconds() - before)) }
        }
        let sorted = ratios.sorted()
        return "Voice core over `ffmpeg -threads 1 -i speech.opus -ac 1 -ar 16000 -f null -`, in pairs: "
            + "\(figure(median(ratios))) (\(figure(sorted.first ?? 0)) to \(figure(sorted.last ?? 0))).\n"
    }

    private func allocations() -> String {
        var analyzer = VoiceAnalyzer(network: detection.network)
        let warmUp = material.speech.span.extracting(first: 160_000)
        analyzer.process(warmUp) { consume($0) }
        let hops = 10_000
        let block = material.speech.span.extracting(160_000..<160_000 + hops * AudioGrid.hopSamples)
        let before = malloc_counter_of_this_thread()
        analyzer.process(block) { consume($0) }
        let count = malloc_counter_of_this_thread() - before
        return "Heap allocations in \(hops) hops: \(count).\n"
    }
}
