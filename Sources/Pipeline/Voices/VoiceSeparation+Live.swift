import Decode
public import Diarisation
import MediaTypes

extension VoiceSeparation {
    /// Who speaks when in a recording, as a live session would have said it: with what was heard up to some seconds
    /// later, and nothing after that.
    ///
    /// - Parameters:
    ///   - lateSeconds: how much later; less than `LiveDiariser.revisedSeconds`.
    ///   - voices, channel, media: as with `spans(of:channel:voices:odd:progress:)`.
    /// - Throws: the same.
    public func liveSpans(
        of media: String, channel: Int? = nil, voices: Int? = nil, lateSeconds: Int
    ) throws -> [VoiceSpan] {
        var diariser = LiveDiariser(model: try networks(), voices: voices)
        var input = try TrackInput(media, channel: channel)
        var said: [VoiceSpan] = []
        var told: Int64 = 0
        func say(_ picture: VoicePicture, until end: Int64) {
            for span in picture.spans {
                let from = max(told, span.startSample), to = min(end, span.endSample)
                if from < to { said.append(VoiceSpan(voice: span.voice, startSample: from, endSample: to)) }
            }
            told = max(told, end)
        }
        let late = Int64(lateSeconds * AudioGrid.sampleRateHz)
        var last: VoicePicture?
        func take(_ picture: VoicePicture) {
            // Where audio goes on after a long hole nothing more is heard of what was before.
            if let last, picture.startSample > last.endSample { say(last, until: last.endSample) }
            say(picture, until: picture.endSample - late)
            last = picture
        }
        while try input.read({ diariser.hear(start: $0, samples: $1) { take($0) } }) != .end {}
        diariser.finish { take($0) }
        if let last { say(last, until: last.endSample) }
        return said
    }
}
