import CFFmpeg
import MediaTypes

/// Why pictures are not taken, in words.
struct PictureRefusal: Error {
    let text: String
}

/// An `AVCodecContext` of a decoder of pictures, with the frame it decodes into.
final class VideoCodec {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let frame: UnsafeMutablePointer<AVFrame>

    static func open(_ stream: UnsafeMutablePointer<AVStream>) -> Result<VideoCodec, PictureRefusal> {
        let parameters = stream.pointee.codecpar
        guard let id = parameters?.pointee.codec_id, let codec = avcodec_find_decoder(id) else {
            return .failure(PictureRefusal(text: "there is no decoder for it"))
        }
        var context = avcodec_alloc_context3(codec)
        var frame = av_frame_alloc()
        if let opened = context, let decoded = frame, avcodec_parameters_to_context(opened, parameters) >= 0 {
            opened.pointee.pkt_timebase = stream.pointee.time_base
            opened.pointee.thread_count = 1
            // Larger pictures fail before anything is allocated for them.
            opened.pointee.max_pixels = Int64(MediaBounds.lookedAtPixels)
            if avcodec_open2(opened, codec, nil) >= 0 { return .success(VideoCodec(opened, decoded)) }
        }
        avcodec_free_context(&context)
        av_frame_free(&frame)
        return .failure(PictureRefusal(text: "its decoder does not take it"))
    }

    private init(_ context: UnsafeMutablePointer<AVCodecContext>, _ frame: UnsafeMutablePointer<AVFrame>) {
        self.context = context
        self.frame = frame
    }

    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        avcodec_free_context(&context)
        av_frame_free(&frame)
    }

    /// Whether frames that no other frame refers to are passed over.
    func skipsUnreferenced(_ skips: Bool) {
        context.pointee.skip_frame = skips ? AVDISCARD_NONREF : AVDISCARD_DEFAULT
    }

    func send(_ packet: UnsafePointer<AVPacket>?) -> Int32 { avcodec_send_packet(context, packet) }

    /// Decodes the next frame, which is valid until the next call.
    func receive() -> Int32 { avcodec_receive_frame(context, frame) }

    /// That of the received frame, in units of the stream's time base.
    var timestamp: Int64? {
        let timestamp = frame.pointee.best_effort_timestamp
        return timestamp == attune_no_timestamp ? nil : timestamp
    }

    /// The received frame, checked; valid until the next `receive`.
    var picture: Result<DecodedPicture, PictureRefusal> { DecodedPicture.of(frame) }
}

/// A decoded frame whose shape was checked.
struct DecodedPicture {
    private let frame: UnsafeMutablePointer<AVFrame>
    private let luma: UnsafePointer<UInt8>
    private let layout: Layout

    private struct Layout {
        var shiftX = 0, shiftY = 0, step = 1, depth = 8, hasChroma = true
    }

    /// Layouts of planes that are read as they are.
    private static let layouts: [AVPixelFormat.RawValue: Layout] = [
        AV_PIX_FMT_YUV420P.rawValue: Layout(shiftX: 1, shiftY: 1),
        AV_PIX_FMT_YUVJ420P.rawValue: Layout(shiftX: 1, shiftY: 1),
        AV_PIX_FMT_YUV422P.rawValue: Layout(shiftX: 1), AV_PIX_FMT_YUVJ422P.rawValue: Layout(shiftX: 1),
        AV_PIX_FMT_YUV444P.rawValue: Layout(), AV_PIX_FMT_YUVJ444P.rawValue: Layout(),
        AV_PIX_FMT_NV12.rawValue: Layout(shiftX: 1, shiftY: 1, step: 2),
        AV_PIX_FMT_GRAY8.rawValue: Layout(hasChroma: false),
        AV_PIX_FMT_YUV420P10LE.rawValue: Layout(shiftX: 1, shiftY: 1, depth: 10),
        AV_PIX_FMT_YUV422P10LE.rawValue: Layout(shiftX: 1, depth: 10),
        AV_PIX_FMT_YUV444P10LE.rawValue: Layout(depth: 10),
    ]

    static func of(_ frame: UnsafeMutablePointer<AVFrame>) -> Result<DecodedPicture, PictureRefusal> {
        let width = Int(frame.pointee.width), height = Int(frame.pointee.height)
        guard width > 0, height > 0, width <= 65_536, height <= 65_536, width * height <= MediaBounds.lookedAtPixels
        else {
            return .failure(
                PictureRefusal(text: "pictures of \(width)x\(height) are not looked at; up to 3840x2160 are"))
        }
        guard let layout = layouts[frame.pointee.format], let luma = frame.pointee.data.0, frame.pointee.linesize.0 > 0,
            !layout.hasChroma
                || frame.pointee.data.1 != nil && (layout.step == 2 || frame.pointee.data.2 != nil)
        else {
            let name = av_get_pix_fmt_name(AVPixelFormat(rawValue: frame.pointee.format)).map(String.init(cString:))
            return .failure(PictureRefusal(text: "pictures of the format \(name ?? "unknown") are not looked at"))
        }
        return .success(DecodedPicture(frame: frame, luma: UnsafePointer(luma), layout: layout))
    }

    /// Lends the picture, which is valid during the call only.
    func lend(_ body: (borrowing Picture) -> Void) {
        let data = frame.pointee.data, lines = frame.pointee.linesize
        let blue = layout.hasChroma ? data.1.map { UnsafePointer($0) } : nil
        // Where both share a plane, the second begins a value later.
        let red = !layout.hasChroma ? nil : layout.step == 2 ? blue.map { $0 + 1 } : data.2.map { UnsafePointer($0) }
        body(
            Picture(
                width: Int(frame.pointee.width), height: Int(frame.pointee.height), planes: (luma, blue, red),
                strides: (Int(lines.0), Int(lines.1), Int(layout.step == 2 ? lines.1 : lines.2)),
                chromaShiftX: layout.shiftX, chromaShiftY: layout.shiftY, chromaStep: layout.step,
                bitDepth: layout.depth,
                isFullRange: frame.pointee.color_range == AVCOL_RANGE_JPEG
                    || [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P]
                        .map(\.rawValue).contains(frame.pointee.format),
                matrix: matrix))
    }

    private var matrix: Picture.Matrix {
        switch frame.pointee.colorspace {
        case AVCOL_SPC_BT709: .bt709
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: .bt2020
        // What does not say is high definition or not by its size.
        case AVCOL_SPC_UNSPECIFIED: frame.pointee.height >= 720 ? .bt709 : .bt601
        default: .bt601
        }
    }
}
