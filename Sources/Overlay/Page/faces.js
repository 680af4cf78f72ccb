// Contours of faces, where the address asks for them: lines on an empty frame, of what was told in the last second.
const FACE_LINGERS_MS = 1000, MOST_CONTOUR_POINTS = 64;
// Each contour, and whether it is closed.
const CONTOURS = { oval: true, brow_right: false, brow_left: false, nose: false, nostrils: false, eye_right: true,
  eye_left: true, lips: true, mouth: true };

/// A contour as a path of SVG; empty for what is none.
function contourPath(points, aspect, isClosed) {
  if (!Array.isArray(points) || points.length > MOST_CONTOUR_POINTS) return "";
  const places = points.filter((point) => isNumber(point?.[0]) && isNumber(point?.[1]))
    .map(([x, y]) => `${(x * aspect).toFixed(4)} ${y.toFixed(4)}`);
  return places.length > 1 ? `M${places.join("L")}${isClosed ? "Z" : ""}` : "";
}

class Face {
  constructor() {
    this.name = make("bdi", "name");
    this.frame = document.getElementById("frame").content.firstElementChild.cloneNode(true);
    const line = this.frame.firstElementChild;
    this.paths = Object.entries(CONTOURS).map(([part, isClosed]) => ({ part, isClosed, path: line.cloneNode() }));
    this.frame.replaceChildren(...this.paths.map(({ path }) => path));
    this.root = make("figure", "face", this.frame, make("figcaption", "", this.name));
  }

  update(speaker) {
    const { points } = speaker, aspect = Math.min(4, Math.max(0.25, Number(points.aspect_ratio) || 1));
    attribute(this.frame, "viewBox", `0 0 ${aspect.toFixed(4)} 1`);
    attribute(this.frame, "aria-label", fill(say.face, { name: shown(speaker.name) }));
    for (const { part, isClosed, path } of this.paths) {
      attribute(path, "d", contourPath(points[part], aspect, isClosed));
    }
    set(this.name, shown(speaker.name));
  }
}

class Faces {
  constructor(root) {
    this.keyed = new Keyed(root, () => new Face());
    this.root = root;
  }

  update(faces) {
    show(this.root, faces.length > 0);
    this.keyed.update(faces, (speaker) => speaker.id);
  }
}
