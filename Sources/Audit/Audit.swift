import Conversation
import MediaTypes
public import Pipeline
import Statistics

/// Error, bias and abstention per group of speakers, on a table of recordings with labels and groups.
public struct Audit: Sendable {
    /// What was found of one recording.
    struct Recording: Sendable {
        var file: String
        var speaker: String
        var groups: [String: String]
        var speechSeconds: Double
        var features: [AffectInput: Double]?
        /// Relative to the speaker's own; nil where there is too little voice or there are too few recordings.
        var estimate: AffectEstimate?
        /// Labels relative to the mean of all labels, where there are any.
        var activationLabel: Double?, valenceLabel: Double?
    }

    /// Recordings of a speaker below which nothing is compared with what is usual for the speaker.
    static let minRecordings = 3

    let recordings: [Recording]
    /// All speakers together first, then the groups of each column.
    let groups: [AuditedGroup]
    /// Estimates against labels; nil where there are none.
    let activation: Agreement?, valence: Agreement?

    /// Measures the recordings of the table at `path`.
    ///
    /// - Parameter progress: is told how many recordings are done, and of how many.
    /// - Throws: `AuditError` or `MediaError`, naming the file or line and the remedy.
    public init(
        table path: String, detection: SpeechDetection, progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        let table = try AuditTable(path: path)
        var names: [String] = []
        var rowsBySpeaker: [String: [AuditTable.Row]] = [:]
        for row in table.rows {
            if rowsBySpeaker[row.speaker] == nil { names.append(row.speaker) }
            rowsBySpeaker[row.speaker, default: []].append(row)
        }
        let labels = MeanLabels(table.rows)
        var recordings: [Recording] = []
        var speakers: [AuditedSpeaker] = []
        for name in names {
            let rows = rowsBySpeaker[name] ?? []
            var groups = rows.first?.groups ?? [:]
            for row in rows { groups = groups.filter { row.groups[$0.key] == $0.value } }
            progress(recordings.count, table.rows.count)
            let own = try AuditedVoice(rows, labels: labels, detection: detection)
            recordings += own.recordings
            speakers.append(AuditedSpeaker(name: name, groups: groups, recordings: rows.count, shares: own.shares))
        }
        self.recordings = recordings
        self.groups =
            GroupStatistics.groups(of: nil, speakers)
            + table.groupColumns.flatMap { GroupStatistics.groups(of: $0, speakers) }
        let bySpeaker = Dictionary(grouping: recordings, by: \.speaker)
        func agreement(_ pair: (Recording) -> Agreement.Pair?) -> Agreement? {
            Agreement(names.map { (bySpeaker[$0] ?? []).compactMap(pair) })
        }
        activation = agreement { recording in
            guard let estimate = recording.estimate, let label = recording.activationLabel else { return nil }
            return Agreement.Pair(estimate: estimate.activation, label: label)
        }
        valence = agreement { recording in
            guard let estimate = recording.estimate, let label = recording.valenceLabel else { return nil }
            return Agreement.Pair(estimate: estimate.valence, label: label)
        }
    }

    /// The group that differs most from the rest in a measure; nil where there are no two groups.
    func largestGap(_ measure: Measure) -> (group: AuditedGroup, gap: Double)? {
        groups.compactMap { group in group.figures[measure]?.gap.map { (group, $0) } }
            .max { abs($0.1) < abs($1.1) }
    }

    /// The largest gap in a score between a group and the rest, points; nil where there are no two groups.
    public var largestScoreGap: Double? {
        Measure.allCases.filter(\.isScore).compactMap { largestGap($0).map { abs($0.gap) } }.max()
    }
}

/// Means of the labels: an estimate is relative to what is usual, so labels are taken relative to what they mostly are.
private struct MeanLabels {
    let activation: Double, valence: Double

    init(_ rows: [AuditTable.Row]) {
        func mean(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
        activation = mean(rows.compactMap(\.activation))
        valence = mean(rows.compactMap(\.valence))
    }
}

/// All recordings of one speaker.
private struct AuditedVoice {
    private(set) var recordings: [Audit.Recording] = []
    private(set) var shares: [Measure: Share] = [:]

    init(_ rows: [AuditTable.Row], labels: MeanLabels, detection: SpeechDetection) throws {
        var voices: [[HopRecord]] = []
        for row in rows {
            let found = try VoiceMeasurement(row.file, detection: detection)
            voices.append(found.records)
            recordings.append(
                Audit.Recording(
                    file: row.file, speaker: row.speaker, groups: row.groups, speechSeconds: found.speechSeconds,
                    features: found.values, activationLabel: row.activation.map { $0 - labels.activation },
                    valenceLabel: row.valence.map { $0 - labels.valence }))
            if let file = row.speech {
                let errors = try References.speechErrors(found.records, file: file)
                add(.missedSpeech, errors.missed)
                add(.falseAlarms, errors.alarms)
            }
            if let file = row.f0 { add(.f0Error, try References.f0Errors(found.records, file: file)) }
        }
        let usual = usual()
        for index in rows.indices {
            guard let usual, let features = recordings[index].features else {
                shares[.abstained, default: Share()].add(100)
                continue
            }
            let estimate = AffectEstimate(features, usual: usual)
            recordings[index].estimate = estimate
            shares[.abstained, default: Share()].add(0)
            let widths = AffectEstimate.halfWidths
            if let label = recordings[index].activationLabel {
                compare(
                    estimate.activation - label, widths.activation, .activationError, .activationBias,
                    .activationCoverage)
            }
            if let label = recordings[index].valenceLabel {
                compare(estimate.valence - label, widths.valence, .valenceError, .valenceBias, .valenceCoverage)
            }
        }
        let call = SameBehaviour(voices)
        shares[.engagement, default: Share()].add(call.engagement)
        shares[.sentiment, default: Share()].add(call.sentiment)
        shares[.unscored, default: Share()].add(100 * call.abstention)
    }

    /// Medians of what was measured; nil where there are too few recordings.
    private func usual() -> [AffectInput: Double]? {
        let features = recordings.compactMap(\.features)
        guard features.count >= Audit.minRecordings else { return nil }
        var usual: [AffectInput: Double] = [:]
        for input in AffectInput.allCases {
            usual[input] = median(features.compactMap { $0[input] })
        }
        return usual
    }

    /// - Parameter off: estimate less label.
    private mutating func compare(
        _ off: Double, _ halfWidth: Double, _ error: Measure, _ bias: Measure, _ coverage: Measure
    ) {
        shares[error, default: Share()].add(50 * abs(off))
        shares[bias, default: Share()].add(50 * off)
        shares[coverage, default: Share()].add(abs(off) <= halfWidth ? 100 : 0)
    }

    private mutating func add(_ measure: Measure, _ errors: ErrorCount) {
        shares[measure, default: Share()].add(errors.share.map { 100 * $0 }, weight: Double(errors.compared))
    }
}
