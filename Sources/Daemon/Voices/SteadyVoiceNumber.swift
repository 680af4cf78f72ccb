import Diarisation
import MediaTypes

/// How many voices a track has, as it is told: once it has been so for a while, and once only.
struct SteadyVoiceNumber {
    /// It has to have been so for so long.
    static let steadySamples = Int64(5 * AudioGrid.sampleRateHz)

    private var told: VoiceNumber?
    private var seen: (number: VoiceNumber, since: Int64)?

    /// Takes what is thought at a sample.
    ///
    /// - Returns: what is to be told now; nil where nothing is.
    mutating func take(_ number: VoiceNumber, at sample: Int64) -> VoiceNumber? {
        let since = seen.flatMap { $0.number == number ? $0.since : nil } ?? sample
        seen = (number, since)
        guard number != told, sample - since >= Self.steadySamples else { return nil }
        told = number
        return number
    }
}
