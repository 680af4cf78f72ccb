import Foundation
import Programs
import TestSupport
import Testing

/// What an operator sees of the daemon.
@Suite(.waiting) struct MetricsTests {
    /// A sample of the text format.
    private struct Sample {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    /// Reads the text format of Prometheus and checks what `promtool check metrics` checks: that every metric has its
    /// help and type before its samples, once, and a name that fits its type; labels that are well-formed and distinct;
    /// histograms that are cumulative and end in their count.
    private func samples(in text: String) throws -> [Sample] {
        var types: [String: String] = [:]
        var helped: Set<String> = []
        var samples: [Sample] = []
        var seen: Set<String> = []
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(words.count == 4 && helped.insert(String(words[2])).inserted, "\(line)")
            } else if line.hasPrefix("# TYPE ") {
                let name = String(words[2])
                #expect(["counter", "gauge", "histogram"].contains(words[3]), "\(line)")
                #expect(helped.contains(name) && types.updateValue(String(words[3]), forKey: name) == nil, "\(line)")
                #expect(name.hasSuffix("_total") == (words[3] == "counter"), "\(line)")
            } else {
                let pattern = #/([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)/#
                let match = try #require(try pattern.wholeMatch(in: line), "\(line)")
                var labels: [String: String] = [:]
                for label in (match.2 ?? "").matches(of: #/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/#) {
                    #expect(labels.updateValue(String(label.2), forKey: String(label.1)) == nil, "\(line)")
                }
                #expect(match.2 == nil || !labels.isEmpty, "\(line)")
                #expect(seen.insert(String(line.prefix { $0 != " " })).inserted, "twice: \(line)")
                let name = String(match.1)
                let family = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) && types[name] == nil }
                    .map { String(name.dropLast($0.count)) }
                #expect(types[family ?? name] != nil, "no type: \(line)")
                samples.append(Sample(name: name, labels: labels, value: try #require(Double(match.3), "\(line)")))
            }
        }
        for family in types.filter({ $0.value == "histogram" }).keys { try checkHistogram(family, samples) }
        return samples
    }

    private func checkHistogram(_ family: String, _ samples: [Sample]) throws {
        let buckets = Dictionary(grouping: samples.filter { $0.name == family + "_bucket" }) { sample in
            sample.labels.filter { $0.key != "le" }
        }
        #expect(!buckets.isEmpty)
        for (labels, buckets) in buckets {
            let bounds = try buckets.map { bucket in
                let edge = try #require(bucket.labels["le"])
                return edge == "+Inf" ? .infinity : try #require(Double(edge))
            }
            #expect(bounds == bounds.sorted() && bounds.last == .infinity)
            #expect(buckets.map(\.value) == buckets.map(\.value).sorted())
            let count = samples.first { $0.name == family + "_count" && $0.labels == labels }
            #expect(count?.value == buckets.last?.value)
            #expect(samples.contains { $0.name == family + "_sum" && $0.labels == labels })
        }
    }

    private func get(_ path: String, of daemon: RunningDaemon) throws -> String {
        try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["curl", "-sS", "--unix-socket", daemon.controlPath, "http://localhost\(path)"]
        ).output
    }

    @Test func metricsTellOfALiveCallAndOfNobody() throws {
        let daemon = try RunningDaemon()
        let url = try daemon.attachRTP(session: "secret-session", speaker: "secret-speaker")
        let subscriber = try Subscriber(daemon.eventsPath)
        let sender = try startSender(
            ["-re", "-f", "lavfi", "-i", "sine=frequency=200:duration=20", "-c:a", "libopus", "-f", "rtp", url],
            logs: daemon.folder.path)
        defer {
            sender.terminate()
            sender.waitUntilExit()
        }
        try subscriber.wait(for: "tick") { $0.type == "tick" }

        var found: [Sample] = []
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
            found.first { $0.name == name && $0.labels == labels }?.value ?? .nan
        }
        try eventually("the counters have the call") {
            let text = try get("/metrics", of: daemon)
            #expect(!text.contains("secret"))
            found = try samples(in: text)
            // CPU time is that of a sample of the packets.
            return value("attune_rtp_packets_total") > 0
                && ["analysis", "decode"].allSatisfy { value("attune_media_cpu_seconds_total", ["stage": $0]) > 0 }
        }
        #expect(value("attune_sessions") == 1)
        #expect(value("attune_sources", ["state": "live"]) == 1)
        #expect(value("attune_subscribers") == 1)
        #expect(value("attune_event_latency_seconds_count", ["kind": "tick"]) >= 1)
        #expect(value("process_resident_memory_bytes") > 1e6)
        #expect(value("process_open_fds") > 3)
        #expect(value("attune_store_state", ["state": "off"]) == 1)

        let packets = value("attune_rtp_packets_total")
        try daemon.attune("detach", "secret-session")
        found = try samples(in: try get("/metrics", of: daemon))
        #expect(value("attune_sessions") == 0)
        #expect(value("attune_rtp_packets_total") >= packets, "a counter never falls")
        #expect(try get("/v1/ready", of: daemon) == #"{"ready":true}"#)
        #expect(try get("/v1/health", of: daemon).contains(#""p99_ms""#))
    }
}
