import CFFmpeg
import MediaTypes

/// Pictures of an input, which are decoded only as far as somebody looks at them.
extension DemuxedSource {
    /// Seconds of other media after which it is said that no picture comes.
    static let missingSeconds = 1.5

    /// Has the pictures of a stream read, where they are wanted.
    func selectPictures(of stream: UnsafeMutablePointer<AVStream>, _ index: Int) {
        guard pictureRateHz > 0, let parameters = stream.pointee.codecpar?.pointee,
            // A cover is no camera.
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        else { return }
        let name = String(cString: avcodec_get_name(parameters.codec_id))
        guard PictureDecoder.codecs.contains(parameters.codec_id.rawValue) else {
            return warn("stream \(index) is left out: pictures of \(name) are not looked at")
        }
        guard pictureTracks.count < MediaBounds.pictureTracks else {
            return warn("stream \(index) is left out: more than \(MediaBounds.pictureTracks) tracks of pictures")
        }
        let track = PictureTrack(
            index: pictureTracks.count, streamIndex: index, codecName: name, width: Int(parameters.width),
            height: Int(parameters.height))
        stream.pointee.discard = AVDISCARD_DEFAULT
        add(PictureDecoder(stream, track: track, rateHz: pictureRateHz, source: source), at: index)
    }

    /// Decodes a packet of pictures (nil: the end). True where a picture went to the viewer.
    func decodePictures(_ decoder: PictureDecoder, _ packet: UnsafeMutablePointer<AVPacket>?) -> Bool {
        let track = decoder.track.index
        guard let viewer, viewer.mayLook(track) else {
            if packet != nil { decoder.drop() }
            return false
        }
        let before = decoder.counts.pictures
        decoder.decode(packet, place: place(seconds:)) { seconds, picture in
            viewer.look(track, MediaTime(seconds: seconds), picture)
        }
        for line in decoder.oddities where !warnings.contains(line) { warn(line) }
        return decoder.counts.pictures > before
    }

    /// Says where pictures don't come, as far as the audio has come.
    func missPictures() {
        guard let viewer, let audio = audioEndSeconds else { return }
        for decoder in pictureDecoders {
            guard let decoder, viewer.mayLook(decoder.track.index) else { continue }
            if let time = decoder.missing(at: audio) { viewer.miss(decoder.track.index, MediaTime(seconds: time)) }
        }
    }
}
