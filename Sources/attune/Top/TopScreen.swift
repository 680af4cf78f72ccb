import CNcurses
import Foundation
import Glibc

/// The terminal as long as `attune top` has it, by ncurses; used on one thread.
struct TopScreen: ~Copyable {
    private let screen: OpaquePointer

    /// Takes over the terminal; nil where standard output is none that can be driven.
    init?() {
        let environment = ProcessInfo.processInfo.environment
        guard isatty(STDOUT_FILENO) == 1, attune_wide_locale(), environment["TERM"].map({ $0 != "dumb" }) == true,
            let screen = attune_open_screen(environment["NO_COLOR"].map(\.isEmpty) ?? true)
        else { return nil }
        self.screen = screen
    }

    deinit { attune_close_screen(screen) }

    var width: Int { Int(attune_columns()) }
    var height: Int { Int(attune_rows()) }

    /// Shows the lines, and nothing but them.
    func draw(_ lines: [TopLayout.Line]) {
        attune_begin_frame()
        for (row, line) in lines.prefix(height).enumerated() {
            var column = 0
            for span in line {
                setStyle(span.style)
                attune_put(Int32(row), Int32(column), span.text)
                column += columns(of: span.text)
            }
        }
        setStyle(.plain)
        attune_end_frame()
    }

    private func setStyle(_ style: TopSpan.Style) {
        switch style {
        case .plain: attune_set_style(0, false, false, false)
        case .heading: attune_set_style(0, true, true, false)
        case .selected: attune_set_style(0, false, true, false)
        case .dim: attune_set_style(0, false, false, true)
        case .active: attune_set_style(1, true, false, false)
        case .warning: attune_set_style(2, true, false, false)
        case .session: attune_set_style(3, true, false, false)
        }
    }

    /// What came from the keyboard within some time.
    enum Input {
        case nothing, resized
        case key(TopView.Key)
    }

    func input(milliseconds: Int32) -> Input {
        var code = wint_t()
        let kind = attune_next_key(milliseconds, &code)
        if kind == KEY_CODE_YES {
            if code == KEY_RESIZE { return .resized }
            return Self.keys[Int32(bitPattern: code)].map(Input.key) ?? .nothing
        }
        guard kind == OK else { return .nothing }
        switch code {
        case 0x0A, 0x0D: return .key(.enter)
        case 0x1B: return .key(.escape)
        case 0x08, 0x7F: return .key(.erase)
        default:
            guard code >= 0x20, let scalar = Unicode.Scalar(code) else { return .nothing }
            return .key(.character(Character(scalar)))
        }
    }

    private static let keys: [Int32: TopView.Key] = [
        KEY_UP: .up, KEY_DOWN: .down, KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown, KEY_HOME: .first, KEY_END: .last,
        KEY_ENTER: .enter, KEY_BACKSPACE: .erase,
    ]
}
