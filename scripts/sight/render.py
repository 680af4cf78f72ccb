"""Draws a textured canonical face with a pose, a mouth and lids that are known, to measure with what looks at pictures.
 The texture is NASA's portrait of Eileen Collins (public domain), as scikit-image ships it."""

import copy
import subprocess

import numpy as np

# Degrees in the convention of 300W-LP: R = Rx(pitch) Ry(-yaw) Rz(roll), x to the right, y down, z to the camera.
UPPER_LIDS = [(159, 145), (158, 153), (160, 144), (157, 154), (161, 163), (386, 374), (385, 380), (387, 373),
              (384, 381), (388, 390)]
LOWER_LIPS = [14, 87, 317, 178, 402, 88, 318, 95, 324, 15, 16, 17, 86, 85, 84, 316, 315, 314, 179, 180, 181, 403, 404,
              405, 89, 90, 91, 319, 320, 321, 96, 77, 146, 325, 307, 375]
# Contour of each eye, and its corners towards the left and the right of the picture.
EYES = [([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246], 33, 133),
        ([362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398], 362, 263)]
CHIN = [18, 83, 313, 182, 406, 200, 201, 421, 199, 208, 428, 175, 171, 396, 152, 148, 377, 176, 400, 149, 378, 140, 369,
        32, 262, 194, 418, 204, 424, 211, 431, 170, 395, 150, 379]


def rotation(yaw, pitch, roll):
    """Turns canonical coordinates (x right, y up, z to the camera); the signs of 300W-LP."""
    y, p, r = np.radians([-yaw, pitch, roll])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    flip = np.diag([1.0, -1.0, 1.0])
    return flip @ rx @ ry @ rz @ flip


class Face:
    """The canonical face with the texture of a picture, on which its points are known."""

    def __init__(self, model, picture, points):
        lines = open(model).read().splitlines()
        self.vertices = np.array([[float(v) for v in line.split()[1:]] for line in lines if line.startswith("v ")])
        self.triangles = np.array(
            [[int(v.split("/")[0]) - 1 for v in line.split()[1:4]] for line in lines if line.startswith("f ")])
        self.places = np.loadtxt(points)
        self.texture = rgb(picture, 512, 512).astype(np.float32)

    def looking(self, x, y):
        """The same face with its eyes painted anew: irises at `x` (towards the right of the picture) and `y` (upwards)
        between the corners, in halves of their distance."""
        other = copy.copy(self)
        other.texture = self.texture.copy()
        v, u = np.mgrid[0:512, 0:512].astype(np.float32)
        for contour, left, right in EYES:
            one, two = self.places[left], self.places[right]
            width, along = np.linalg.norm(two - one), (two - one) / np.linalg.norm(two - one)
            # Even and odd crossings with the contour tell what lies in it.
            inside, corners = np.zeros((512, 512), bool), self.places[contour]
            for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, 0)):
                inside ^= ((ay > v) != (by > v)) & (u < (bx - ax) * (v - ay) / (by - ay + 1e-9) + ax)
            centre = (one + two) / 2 + width / 2 * (x * along + y * np.array([along[1], -along[0]]))
            away = np.hypot(u - centre[0], v - centre[1])
            # An iris is 11.7 mm wide, an eye some 29.
            for limit, colour in ((9.0, [205, 196, 190]), (0.2, [70, 50, 38]), (0.08, [12, 10, 10])):
                other.texture[inside & (away < limit * width)] = colour
        return other

    def shape(self, mouth=0.0, lids=0.0):
        """The vertices with the mouth open by `mouth` centimetres and the lids closed by `lids` (0 to 1)."""
        shape = self.vertices.copy()
        shape[LOWER_LIPS, 1] -= mouth
        shape[CHIN, 1] -= mouth
        for upper, lower in UPPER_LIDS:
            shape[upper] += lids * (shape[lower] - shape[upper])
        return shape


def rgb(path, width, height):
    """A picture as an array of height, width and three colours."""
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-vf", f"scale={width}:{height}", "-f", "rawvideo", "-pix_fmt", "rgb24",
         "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw[:width * height * 3], np.uint8).reshape(height, width, 3)


def background(width, height, seed):
    """Something like a room: soft shades with some edges."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = np.zeros((height, width, 3), np.float32)
    base = draw.uniform(60, 170, 3)
    picture[:] = base + 40 * (x / width - 0.5)[..., None] * draw.uniform(-1, 1, 3)
    for _ in range(6):
        left, top = draw.uniform(0, width), draw.uniform(0, height)
        wide, tall = draw.uniform(0.05, 0.3) * width, draw.uniform(0.1, 0.5) * height
        inside = (abs(x - left) < wide / 2) & (abs(y - top) < tall / 2)
        picture[inside] = draw.uniform(40, 200, 3)
    return picture


def ellipse(picture, cx, cy, rx, ry, colour, turn=0.0):
    height, width = picture.shape[:2]
    top, bottom = int(max(0, cy - max(rx, ry))), int(min(height, cy + max(rx, ry) + 1))
    left, right = int(max(0, cx - max(rx, ry))), int(min(width, cx + max(rx, ry) + 1))
    if top >= bottom or left >= right:
        return
    y, x = np.mgrid[top:bottom, left:right]
    u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
    v = -(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)
    picture[top:bottom, left:right][(u / rx) ** 2 + (v / ry) ** 2 <= 1] = colour


def draw(face, picture, yaw=0.0, pitch=0.0, roll=0.0, x=0.5, y=0.45, width=0.22, mouth=0.0, lids=0.0, light=1.0,
         side_light=0.0, cover=None):
    """Draws a head into `picture` (floats of 0 to 255): at `x`, `y` and with a face `width` relative to the picture.
    `cover` is a `mask` over mouth and nose, or dark `glasses`."""
    tall, wide = picture.shape[:2]
    turn = rotation(yaw, pitch, roll)
    scale = width * wide / 15.5
    cx, cy = x * wide, y * tall
    hair, skin = np.array([58, 40, 30.0]) * light, np.array([176, 128, 108.0]) * light
    # Shoulders, neck and the head behind the face.
    ellipse(picture, cx, cy + 26 * scale, 20 * scale, 13 * scale, np.array([52, 66, 96.0]) * light)
    ellipse(picture, cx, cy + 11 * scale, 4.8 * scale, 8 * scale, skin * 0.85)
    back = turn @ np.array([0, 2.5, -6.0])
    ellipse(picture, cx + back[0] * scale, cy - back[1] * scale, 9.6 * scale, 11.4 * scale, hair, np.radians(roll))
    shape = face.shape(mouth, lids) @ turn.T
    # A camera some 60 cm away: what is nearer is larger.
    depth = 60.0 / (60.0 - shape[:, 2])
    px, py = cx + shape[:, 0] * scale * depth, cy - shape[:, 1] * scale * depth
    if mouth > 0:
        inner = [13, 14, 78, 308]
        ellipse(picture, px[inner].mean(), py[inner].mean(), 2.2 * scale, (0.2 + mouth / 2) * scale,
                np.array([60, 20, 22.0]) * light, np.radians(roll))
    corners = face.triangles
    one, two, three = shape[corners[:, 0]], shape[corners[:, 1]], shape[corners[:, 2]]
    normals = np.cross(two - one, three - one)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    visible = np.nonzero(normals[:, 2] > 0.02)[0]
    order = visible[np.argsort(shape[corners[visible], 2].mean(1))]
    shade = light * np.clip(1 + side_light * normals[:, 0] + 0.15 * (normals[:, 2] - 1), 0.1, 2)
    for size in (6, 12, 24, 48, 96, 192):
        fill(picture, order, corners, px, py, face, shade, size)
    if cover == "mask":
        ellipse(picture, px[[2, 152]].mean(), py[[2, 152]].mean(), 5.4 * scale, 4.2 * scale, np.array([120, 160, 190.0]),
                np.radians(roll))
    if cover == "glasses":
        for eye in ([33, 133], [362, 263]):
            ellipse(picture, px[eye].mean(), py[eye].mean(), 2.6 * scale, 1.9 * scale, np.array([22, 22, 26.0]),
                    np.radians(roll))


def fill(picture, order, corners, px, py, face, shade, size):
    """Fills the triangles whose box is larger than half of `size` pixels and at most `size`, all at once."""
    tall, wide = picture.shape[:2]
    left, right = np.floor(px[corners].min(1)), np.ceil(px[corners].max(1))
    top, bottom = np.floor(py[corners].min(1)), np.ceil(py[corners].max(1))
    extent = np.maximum(right - left, bottom - top)
    low = 0 if size == 6 else size // 2
    chosen = order[(extent[order] > low) & (extent[order] <= size)]
    for part in np.array_split(chosen, max(1, len(chosen) * size * size // 400_000 + 1)):
        if len(part) == 0:
            continue
        v, u = np.mgrid[0:size + 1, 0:size + 1]
        gx = (left[part][:, None, None] + u).astype(np.float32)
        gy = (top[part][:, None, None] + v).astype(np.float32)
        ax, bx, cx = (px[corners[part, k]][:, None, None] for k in range(3))
        ay, by, cy = (py[corners[part, k]][:, None, None] for k in range(3))
        area = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
        area = np.where(abs(area) < 1e-6, 1e-6, area)
        wa = ((by - cy) * (gx - cx) + (cx - bx) * (gy - cy)) / area
        wb = ((cy - ay) * (gx - cx) + (ax - cx) * (gy - cy)) / area
        wc = 1 - wa - wb
        inside = (wa >= -0.02) & (wb >= -0.02) & (wc >= -0.02) & (gx >= 0) & (gy >= 0) & (gx < wide) & (gy < tall)
        which, _, _ = np.nonzero(inside)
        wa, wb, wc, gx, gy = wa[inside], wb[inside], wc[inside], gx[inside].astype(int), gy[inside].astype(int)
        place = sum(w[:, None] * face.places[corners[part[which], k]] for k, w in enumerate((wa, wb, wc)))
        tx, ty = np.clip(place[:, 0], 0, 510.9), np.clip(place[:, 1], 0, 510.9)
        i, j = tx.astype(int), ty.astype(int)
        fx, fy = (tx - i)[:, None], (ty - j)[:, None]
        texture = face.texture
        colour = ((texture[j, i] * (1 - fx) + texture[j, i + 1] * fx) * (1 - fy)
                  + (texture[j + 1, i] * (1 - fx) + texture[j + 1, i + 1] * fx) * fy)
        picture[gy, gx] = colour * shade[part[which]][:, None]


class Film:
    """Encodes frames with FFmpeg; without sound, unless a file of it is given."""

    def __init__(self, path, width, height, rate, codec="libx264", sound=None, options=()):
        self.noise = np.random.default_rng(7)
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "-"]
        speed = ["-preset", "veryfast"] if codec == "libx264" else ["-deadline", "realtime", "-cpu-used", "8"]
        self.process = subprocess.Popen(
            ["ffmpeg", "-v", "error", "-y", *source, *(["-i", sound, "-shortest"] if sound else []), "-c:v", codec,
             *speed, "-pix_fmt", "yuv420p", *options, path], stdin=subprocess.PIPE)

    def add(self, picture, noise=2.0):
        frame = picture + self.noise.normal(0, noise, picture.shape[:2])[..., None] if noise else picture
        self.process.stdin.write(np.clip(frame, 0, 255).astype(np.uint8).tobytes())

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError("ffmpeg has failed")
