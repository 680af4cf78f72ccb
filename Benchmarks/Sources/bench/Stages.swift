import CMallocCounter
import Decode
import MediaTypes
import Pipeline
import Reports
import Statistics
import Voice

/// CPU time of the stages that audio goes through.
struct Stages {
    let material: Material
    let detection: SpeechDetection

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
        func add(_ name: String, _ seconds: Double) { table.add(name, figure(Material.perHour(seconds))) }
        let silence = [Float](repeating: 0, count: material.speech.count)
        let parts = VoiceParts(samples: material.speech, network: detection.network)
        add("decoding Opus 24 kbit/s (`Decode`)", try median { try decode(material.opusFile) })
        add("input: clipping, high-pass, hum filter", median { parts.input() })
        add("– of which the hum filter", median { parts.hum() })
        add("speech: built-in detector", median { parts.detector(network: nil) })
        if let network = detection.network {
            add("speech: network and the boundary detector", median { parts.detector(network: network) })
        }
        add("speech: segmenter", median { parts.segmenter() })
        add("pitch", median { parts.pitch() })
        add("pace", median { parts.pace() })
        add("level and quality", median { parts.quality() })
        let bare = median { analyse(material.speech, network: detection.network, measuresFeatures: false) }
        add("voice core without consent: input and speech", bare)
        let whole = median { analyse(material.speech, network: detection.network) }
        add("voice core", whole)
        let fifth = median { analyse(material.fifth, network: detection.network) }
        add("voice core, speech a fifth of the time", fifth)
        add("voice core, digital silence", median { analyse(silence, network: detection.network) })
        if detection.network != nil {
            add("voice core with the built-in detector", median { analyse(material.speech, network: nil) })
            add(
                "voice core with the built-in detector, speech a fifth of the time",
                median { analyse(material.fifth, network: nil) })
        }
        return table.text + "\n" + (try pairs()) + "\n" + allocations() + "\n"
            + "Streams per core that analysis alone would allow: \(Int(3600 / Material.perHour(whole))) that speak all "
            + "the time, \(Int(3600 / Material.perHour(fifth))) that speak a fifth of it.\n"
    }

    /// Voice core, decoding and FFmpeg in turn, so that the ratios hold when the machine's speed drifts.
    private func pairs() throws -> String {
        var cores: [Double] = []
        var decodings: [Double] = []
        for round in 0..<6 {
            let core = analyse(material.speech, network: detection.network)
            let decoding = try decode(material.opusFile)
            let before = childrenSeconds()
            try run([
                "ffmpeg", "-nostdin", "-threads", "1", "-i", material.opusFile, "-ac", "1", "-ar", "16000", "-f",
                "null",
                "-",
            ])
            // The first round warms up.
            guard round > 0 else { continue }
            let ffmpeg = childrenSeconds() - before
            cores.append(core / ffmpeg)
            decodings.append(decoding / ffmpeg)
        }
        func text(_ ratios: [Double]) -> String {
            let sorted = ratios.sorted()
            return "\(figure(median(ratios) ?? .nan)) (\(figure(sorted.first ?? 0)) to \(figure(sorted.last ?? 0)))"
        }
        return "Over `ffmpeg -threads 1 -i speech.opus -ac 1 -ar 16000 -f null -`, in turn:\n"
            + "voice core \(text(cores)), decoding through `Decode` \(text(decodings)).\n"
    }

    /// Allocations on the way of a speaker's samples to the session, after ten seconds.
    private func allocations() -> String {
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true, detection: detection)
        let first = 10 * AudioGrid.sampleRateHz
        pipeline.feed(start: .zero, samples: material.speech.span.extracting(first: first)) { consume($0) }
        let hops = 10_000
        let block = material.speech.span.extracting(first..<first + hops * AudioGrid.hopSamples)
        let before = malloc_counter_of_this_thread()
        pipeline.feed(start: pipeline.end, samples: block) { consume($0) }
        let count = malloc_counter_of_this_thread() - before
        return "Heap allocations in \(hops) hops of voice core and `SpeakerPipeline`: \(count).\n"
    }
}
