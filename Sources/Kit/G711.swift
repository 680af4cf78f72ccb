/// Expansion tables of G.711 (ITU-T G.711, tables 1 and 2), scaled so that 16-bit full scale is 1.
public enum G711 {
    /// Sample of each μ-law byte.
    public static let muLaw: [Float] = (0...255).map { byte in
        let inverted = ~byte & 0xFF
        let magnitude = (((inverted & 0x0F) << 3) + 132) << ((inverted & 0x70) >> 4) - 132
        return Float(inverted & 0x80 != 0 ? -magnitude : magnitude) / 32_768
    }

    /// Sample of each A-law byte.
    public static let aLaw: [Float] = (0...255).map { byte in
        let toggled = byte ^ 0x55
        let segment = (toggled & 0x70) >> 4
        let mantissa = ((toggled & 0x0F) << 4) + 8
        let magnitude = segment == 0 ? mantissa : (mantissa + 256) << (segment - 1)
        return Float(toggled & 0x80 != 0 ? magnitude : -magnitude) / 32_768
    }
}
