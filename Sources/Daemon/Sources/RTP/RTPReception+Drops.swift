import Kit
import Logging
import RTP

/// What a reception knows of media that does not come although packets do.
struct RTPDiagnosis {
    /// What was counted when the window began that is looked at, and when that was.
    var begin = SourceLoad()
    var beginNanoseconds: Int64?
    var drops = DropReporter()
}

/// What is dropped, and what it means where nothing else comes.
extension RTPReception {
    /// Takes note of what was counted, for the list of sessions and the metrics.
    func noteLoad() {
        var load = SourceLoad()
        for port in ports { load += port.load }
        load[.overRate] += budget.refused
        var pictureLoad = SourceLoad()
        for pictures in pictures.values { pictureLoad += pictures.load }
        load += pictureLoad
        load.decodeNanoseconds = pictureLoad.decodeNanoseconds + max(0, meter.nanoseconds - load.analysisNanoseconds)
        monitor.note(load)
    }

    /// Tells the log what was dropped, and the state of the source what is wrong where nothing can be used.
    func lookAtDrops(nowNanoseconds now: Int64) {
        let load = monitor.load
        for counter in MediaCounter.allCases {
            if let line = counter.dropLine { diagnosis.drops.set(line, total: load[counter]) }
        }
        if let drops = diagnosis.drops.take(nowNanoseconds: now) {
            logger.warning("packets dropped: \(drops)", metadata: monitor.metadata)
        }
        guard let begin = diagnosis.beginNanoseconds else {
            (diagnosis.begin, diagnosis.beginNanoseconds) = (load, now)
            return
        }
        guard now - begin >= Int64(limits.stallMilliseconds) * 1_000_000 else { return }
        diagnose(load, since: begin)
        (diagnosis.begin, diagnosis.beginNanoseconds) = (load, now)
    }

    /// Looks at a window as long as what counts as a stall.
    private func diagnose(_ load: SourceLoad, since begin: Int64) {
        var hasMedia = false
        forEachSpeaker { if $0.latestMediaNanoseconds ?? .min >= begin { hasMedia = true } }
        let former = diagnosis.begin
        func new(_ counter: MediaCounter) -> UInt64 { load[counter] &- former[counter] }
        var finding: String?
        var isUnusable = false
        for port in ports {
            let decodeErrors = Int(clamping: new(.decodeError))
            guard let found = port.probe.finding(decodeErrors: decodeErrors) else { continue }
            finding = finding ?? text(found)
            if found.isUndecodable { isUnusable = true }
        }
        if isUnusable, let finding {
            monitor.hold(reason: finding)
        } else {
            // Samples of silence look like Opus for a while: only packets that nearly all can be decoded prove it.
            if 20 * new(.decodeError) < new(.packets) { monitor.release() }
            guard !hasMedia, monitor.phase == .opening || monitor.phase == .stalled else { return }
            let refusals: [(MediaCounter, String)] = [
                (.notAuthentic, "packets come that are not authentic; check the key and its suite"),
                (.overRate, "more comes than sources.max_kbit_s (\(limits.kilobitsPerSecond)) allows; raise it"),
                (.overSSRCs, "more sources send than sources.max_ssrcs (\(limits.sources)); raise it"),
                (.nameTaken, "a speaker of the sender's name is there already; detach the other one"),
                (.ssrcCollision, "two senders use one SSRC; restart one of them"),
                (.foreignMixer, "two mixers send; attach each on a port of its own"),
                (.onProbation, "no two packets are in sequence; check what sends to this port"),
                (.stray, "no two packets are in sequence; check what sends to this port"),
                (.replayed, "only packets come that came before; check what sends to this port"),
            ]
            let most = refusals.max { new($0.0) < new($1.0) }
            if let reason = finding ?? most.flatMap({ new($0.0) > 0 ? $0.1 : nil }) {
                monitor.change(to: .stalled, reason: reason)
            }
        }
    }

    private func text(_ finding: RTPProbe.Finding) -> String {
        switch finding {
        case .tooLong:
            "packets are longer than sources.max_packet_bytes (\(limits.receiver.maxDatagramBytes)); raise it"
        case .malformed: "what comes is neither RTP nor RTCP; check what sends to this port"
        case .empty: "packets come without payload; check the sender's codec"
        case .unknownType(let type):
            "packets of payload type \(type) come, which is not known here; attach an SDP file, or add ?codec= to the "
                + "URL"
        case .redundant: "redundant audio (RED, RFC 2198) comes, which is not taken; turn it off at the sender"
        case .looksLikeL16(let rateHz):
            "what comes is no Opus but looks like 16-bit samples; add "
                + "?codec=l16&rate=\(rateHz.map(String.init) ?? "HZ") to the URL"
        case .looksLikeG711: "what comes is no Opus but looks like G.711; add ?codec=pcmu or ?codec=pcma to the URL"
        case .undecodable(let codec):
            "what comes is no \(codec.rawValue): it is encrypted (give the key with --crypto-file), "
                + "or of another codec (add ?codec= to the URL)"
        }
    }
}

extension RTPProbe.Finding {
    /// Whether what comes of it is noise rather than nothing.
    fileprivate var isUndecodable: Bool {
        switch self {
        case .looksLikeL16, .looksLikeG711, .undecodable, .redundant: true
        case .tooLong, .malformed, .empty, .unknownType: false
        }
    }
}
