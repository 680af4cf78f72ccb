import Events

/// What the script of a report needs to say what holds at a moment.
struct ReportData {
    let record: CallRecord
    let speakers: [String]

    private static let maxMovers = 4

    /// One JSON object: `d` (duration), `words`, and `speakers` with `name`, `ipus` (start, end) and per score
    /// (`e`ngagement, `s`entiment) points of time, score, low, high, share of the evidence in percent (null where it is not known), whether it is
    /// provisional, and movers (number of the words, points).
    func json(_ duration: Double) -> [UInt8] {
        var words: [String] = []
        var numbers: [String: Int] = [:]
        func number(of text: String) -> Int {
            if let known = numbers[text] { return known }
            numbers[text] = words.count
            words.append(text)
            return words.count - 1
        }
        var json = JSONWriter(reserving: 1 << 16)
        json.object { json in
            json.field("d", duration, decimals: 2)
            json.array("speakers") { json in
                for name in speakers {
                    let voice = record.voices[name] ?? CallRecord.Voice()
                    json.object { json in
                        json.field("name", name)
                        json.array("ipus") { json in
                            for span in voice.speech {
                                json.array { json in
                                    json.number(span.start, decimals: 2)
                                    json.number(span.end, decimals: 2)
                                }
                            }
                        }
                        for (key, scores) in [("e", voice.engagement), ("s", voice.sentiment)] {
                            json.array(key) { json in
                                for score in ReportTimeline.thinned(scores) {
                                    Self.write(score, to: &json, number: number(of:))
                                }
                            }
                        }
                    }
                }
            }
            json.array("words") { json in
                for text in words { json.string(text) }
            }
        }
        return json.bytes
    }

    private static func write(_ score: CallRecord.Score, to json: inout JSONWriter, number: (String) -> Int) {
        json.array { json in
            json.number(score.seconds, decimals: 1)
            json.number(score.score, decimals: 1)
            json.number(score.low, decimals: 0)
            json.number(score.high, decimals: 0)
            json.number(score.confidence.map { $0 * 100 }, decimals: 0)
            json.number(score.isProvisional ? 1 : 0, decimals: 0)
            json.array { json in
                for mover in ScoreWords.movers(score.contributions).prefix(maxMovers) {
                    json.array { json in
                        json.number(Double(number(mover.words)), decimals: 0)
                        json.number(mover.points, decimals: 1)
                    }
                }
            }
        }
    }
}
