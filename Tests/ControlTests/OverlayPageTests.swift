import Foundation
import Testing

@testable import Overlay

struct OverlayPageTests {
    private func text(_ page: OverlayPage) -> String { String(decoding: page.html, as: UTF8.self) }

    @Test func thePageIsWholeAndHasOneStyleAndOneScript() {
        let page = OverlayPage.standard
        let html = text(page)
        #expect(html.components(separatedBy: "<style").count == 2)
        #expect(html.components(separatedBy: "<script").count == 2)
        #expect(!html.contains("<!-- style:") && !html.contains("<!-- script:"))
        #expect(page.scriptSource.hasPrefix("'sha256-") && page.styleSource.hasPrefix("'sha256-"))
        for (name, part) in OverlayPage.parts {
            #expect(html.contains(String(decoding: part, as: UTF8.self)), "\(name) is not in the page")
        }
    }

    @Test func thePageNamesNobodyButTheDaemonAndNeverTakesTextForMarkup() {
        let html = text(.standard)
        for word in ["://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!html.contains(word), "the page has \(word)")
        }
    }

    @Test func aPartThatIsNotThereLeavesItsMarker() {
        let frame = Array("a\n<!-- style: x.css y.css -->\n<!-- a remark -->\n<!-- script: z.js -->\n".utf8)
        let joined = OverlayPage.joined(frame, parts: ["x.css": Array("X".utf8), "y.css": Array("Y".utf8)])
        #expect(
            String(decoding: joined, as: UTF8.self)
                == "a\n<style>\nX\nY</style>\n<!-- a remark -->\n<!-- script: z.js -->\n")
    }
}
