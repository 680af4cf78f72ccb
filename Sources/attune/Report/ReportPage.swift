import ControlAPI
import Events
import Foundation
import Kit
import Mustache
import Text

/// What a report says of where its numbers come from.
struct ReportOrigin: Sendable {
    /// What kind of session it was, such as `recording`, and when, as far as that is known.
    var kind: String, date: String?
    var policy: String, notice: String?
    /// What can't be in it, and why.
    var remarks: [String] = []
    /// What lanes and curves lack, for the place where they stand.
    var gap: String?
}

extension Event {
    /// What somebody said, where the event tells it.
    var spokenLine: Caption? {
        guard case .words(let span) = body, span.isFinal, let text = span.text, let speaker else { return nil }
        var line = try? Caption(
            speaker: speaker, startSeconds: span.startSeconds, endSeconds: span.endSeconds, text: text, id: span.id)
        line?.trustsMarks = span.writer != .recogniser
        return line
    }
}

/// A report on a session: one HTML page that needs nothing else, and reaches nothing.
struct ReportPage {
    private(set) var record = CallRecord()
    /// What was said, where somebody handed it over; it is in the page and nowhere else.
    var transcript: [Caption] = []

    /// Takes in an event of the session.
    mutating func take(_ event: Event) {
        record.take(event)
        if let line = event.spokenLine { transcript.append(line) }
        // What was said by who takes it back is not in the page.
        if case .consent(let change) = event.body, change.takesBack {
            transcript.removeAll { $0.speaker == event.speaker }
        }
    }

    /// Takes in a score.
    mutating func take(_ score: StoredReport.Score) { record.take(score) }

    /// Takes in scores of a speaker that are older than all that are there.
    mutating func prepend(
        _ scores: [CallRecord.Score], of speaker: String, to kind: WritableKeyPath<CallRecord.Voice, [CallRecord.Score]>
    ) {
        record.prepend(scores, of: speaker, to: kind)
    }

    /// The page, from what was taken in and the totals.
    ///
    /// - Throws: what is wrong with the template, which is built in.
    func html(_ totals: SessionTotals, _ origin: ReportOrigin) throws -> String {
        MustacheContentTypes.register(ReportEscaping(), named: ReportEscaping.name)
        let template = try MustacheTemplate(string: Self.text(PackageResources.report_mustache))
        return template.render(content(totals, origin))
    }

    private static let style = text(PackageResources.report_css)
    private static let script = text(PackageResources.report_js)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// By which a browser knows the page's own script from one that somebody would have put there.
    private static let scriptHash: String = {
        let digits = Array(sha256(PackageResources.report_js))
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
        }
        return Data(bytes).base64EncodedString()
    }()

    private struct Person {
        var name: String, colour: String, consent: String
        var isMeasured: Bool
        var audio: String
        var reservations: [String]
    }

    private struct Line {
        var seconds: String, end: String, time: String
        var name: String, colour: String, text: String
    }

    private func content(_ totals: SessionTotals, _ origin: ReportOrigin) -> [String: Any] {
        let measured = totals.speakers.filter { $0.metrics != nil }.map(\.name)
        let words = ReportWords(totals: totals, record: record)
        let tables = ReportTables(totals: totals, record: record)
        let timeline = ReportTimeline(record: record, speakers: measured, duration: totals.durationSeconds)
        let lines = lines(measured)
        let talk = ReportTalk(transcript.filter { measured.contains($0.speaker) }, duration: totals.durationSeconds)
        var content: [String: Any] = [
            "title": totals.session, "kind": origin.kind, "duration": clock(totals.durationSeconds),
            "summary": words.summary + talk.sentences,
            "seconds": ReportText.decimal(max(0.01, totals.durationSeconds), 2),
            "people": people(totals, measured), "measured": measured, "hasMeasured": !measured.isEmpty,
            "ticks": timeline.ticks, "lanes": timeline.lanes, "cues": timeline.cues,
            "hasCues": !timeline.cues.isEmpty, "charts": timeline.charts,
            "metrics": tables.metrics + tables.seen, "distributions": tables.distributions, "moments": tables.moments,
            "trackers": tables.trackers, "hasTrackers": !tables.trackers.isEmpty,
            "hasMoments": !tables.moments.isEmpty, "moves": tables.moves, "lines": lines,
            "hasLines": !lines.isEmpty, "policy": origin.policy, "notice": origin.notice ?? "none was named",
            "remarks": origin.remarks, "version": attuneVersion, "style": Self.style, "script": Self.script,
            "scriptHash": Self.scriptHash,
            "data": ReportEscaping.script(ReportData(record: record, speakers: measured).json(totals.durationSeconds)),
        ]
        if let gap = origin.gap { content["gap"] = gap }
        if let date = origin.date { content["date"] = date }
        if let omission = tables.omission { content["omission"] = omission }
        return content
    }

    private func people(_ totals: SessionTotals, _ measured: [String]) -> [Person] {
        totals.speakers.map { speaker in
            let index = measured.firstIndex(of: speaker.name)
            let reservations = ReportWords.reservations(speaker, record.voices[speaker.name])
            return Person(
                name: ReportWords.name(speaker), colour: index.map(ReportTimeline.colour) ?? "",
                consent: speaker.consent.rawValue, isMeasured: index != nil,
                audio: speaker.audio.map(Self.text(of:)) ?? ReportText.none,
                reservations: reservations.isEmpty && index != nil ? ["nothing stands out"] : reservations)
        }
    }

    private static func text(of audio: AudioQuality) -> String {
        let parts = [
            audio.snrDb.map { "speech \(ReportText.decimal($0, 0)) dB above the noise" },
            "\(ReportText.decimal(audio.lossPercent, 1)) % missing",
            audio.clippingPercent.map { "\(ReportText.decimal($0, 2)) % clipped" },
            audio.bandwidthHz.map { "energy up to \(ReportText.decimal($0 / 1_000, 1)) kHz" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    /// What was said by those who are measured, the last word on each line.
    private func lines(_ measured: [String]) -> [Line] {
        transcript.filter { !$0.isPartial && measured.contains($0.speaker) }
            .sorted { $0.startSeconds < $1.startSeconds }
            .map { line in
                Line(
                    seconds: ReportText.decimal(line.startSeconds, 2), end: ReportText.decimal(line.endSeconds, 2),
                    time: ReportText.time(line.startSeconds), name: line.speaker,
                    colour: measured.firstIndex(of: line.speaker).map(ReportTimeline.colour) ?? "", text: line.text)
            }
    }
}
