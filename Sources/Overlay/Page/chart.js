// A curve over up to five minutes with its interval as a band, drawn by hand.
const BRIDGE_S = 6;

/// Colours and fonts come from the style; they are read again when the mode changes.
const palette = {};
function readPalette() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["engagement", "sentiment", "hair", "soft"]) palette[name] = style.getPropertyValue(`--${name}`);
}

class Curve {
  #drawn = "";
  #described = null;
  #width = 0;
  #height = 0;

  constructor(column, colour) {
    [this.column, this.colour, this.span, this.pointed] = [column, colour, SPAN_S, null];
    this.canvas = make("canvas", "curve");
    this.canvas.setAttribute("role", "img");
    // The size is asked of the browser once, not at each drawing.
    new ResizeObserver(([entry]) => {
      [this.#width, this.#height] = [entry.contentRect.width, entry.contentRect.height];
      wake();
    }).observe(this.canvas);
    const point = (event) => {
      const x = event.type === "pointerleave" ? null : event.offsetX / Math.max(1, this.#width);
      this.pointed = x === null ? null : Math.round((1 - Math.min(1, Math.max(0, x))) * (this.span - 1));
      wake();
    };
    this.canvas.addEventListener("pointermove", point);
    this.canvas.addEventListener("pointerleave", point);
  }

  /// Lets the keyboard read the curve, too: arrows by five seconds, Home and End, Escape.
  letKeysRead() {
    const { canvas } = this;
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("aria-valuemax", "0");
    canvas.tabIndex = 0;
    canvas.addEventListener("keydown", (event) => {
      const from = this.pointed ?? 0, oldest = this.span - 1;
      const to = { ArrowLeft: from + 5, ArrowDown: from + 5, ArrowRight: from - 5, ArrowUp: from - 5, Home: oldest,
        End: 0, Escape: null }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.pointed = to === null ? null : Math.min(oldest, Math.max(0, to));
      wake();
    });
    canvas.addEventListener("blur", () => {
      this.pointed = null;
      wake();
    });
  }

  /// For screen readers. Who is on the curve hears what the keys lead to, and not each new second.
  describe(label, value) {
    attribute(this.canvas, "aria-label", label);
    if (document.activeElement === this.canvas && this.pointed === this.#described) return;
    this.#described = this.pointed;
    attribute(this.canvas, "aria-valuemin", String(1 - this.span));
    attribute(this.canvas, "aria-valuenow", String(-(this.pointed ?? 0)));
    attribute(this.canvas, "aria-valuetext", value);
  }

  /// Draws the speaker's series up to the present, where anything differs from what is drawn.
  draw(speaker, model, isStale) {
    const end = Math.floor(model.present), { spanS: span } = model;
    this.span = span;
    const ratio = Math.min(3, devicePixelRatio || 1);
    const [width, height] = [Math.round(this.#width * ratio), Math.round(this.#height * ratio)];
    const key = [speaker.id, speaker.version, end, span, width, height, isStale, this.pointed, palette.soft].join();
    if (key === this.#drawn || width === 0) return;
    this.#drawn = key;
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const inset = 2 * ratio;
    const x = (second) => ((second - end + span - 1) / (span - 1)) * (width - 2 * inset) + inset;
    const reach = this.#reach(speaker.series, end - span + 1, end);
    const y = (score) => height / 2 - ((Math.min(100, Math.max(0, score)) - 50) / reach) * (height / 2 - inset);
    context.strokeStyle = palette.hair;
    context.lineWidth = ratio;
    context.setLineDash([2 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(0, y(50));
    context.lineTo(width, y(50));
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = context.strokeStyle = isStale ? palette.soft : palette[this.colour];
    context.lineJoin = context.lineCap = "round";
    let last = null;
    for (let from = end - span + 1; from <= end; from++) {
      if (Number.isNaN(speaker.series.at(from, this.column))) continue;
      const to = this.#endOfRun(speaker.series, from, end);
      this.#stretch(context, speaker.series, from, to, x, y, ratio);
      [from, last] = [to, to];
    }
    if (last !== null && this.pointed === null) {
      this.#dot(context, x(last), y(speaker.series.at(last, this.column)), ratio);
    }
    if (this.pointed !== null) this.#cross(context, speaker, end - this.pointed, x, y, height, ratio);
  }

  /// Points above and below 50 that there is room for: 30 where that is enough, else all 50.
  #reach(series, from, end) {
    for (let second = from; second <= end; second++) {
      for (let column = this.column; column < this.column + 3; column++) {
        if (Math.abs(series.at(second, column) - 50) > 30) return 50;
      }
    }
    return 30;
  }

  /// Seconds without a value are bridged where ticks are thinned out; a longer hole stays one.
  #endOfRun(series, from, end) {
    let to = from;
    for (let second = from + 1; second <= Math.min(end, to + BRIDGE_S); second++) {
      if (!Number.isNaN(series.at(second, this.column))) to = second;
    }
    return to;
  }

  #stretch(context, series, from, to, x, y, ratio) {
    const { column } = this;
    context.beginPath();
    for (let second = from; second <= to; second++) {
      const high = series.at(second, column + 2);
      if (!Number.isNaN(high)) context.lineTo(x(second), y(high));
    }
    for (let second = to; second >= from; second--) {
      const low = series.at(second, column + 1);
      if (!Number.isNaN(low)) context.lineTo(x(second), y(low));
    }
    context.globalAlpha = 0.22;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.75 * ratio;
    context.beginPath();
    for (let second = from; second <= to; second++) {
      const score = series.at(second, column);
      if (!Number.isNaN(score)) context.lineTo(x(second), y(score));
    }
    context.stroke();
  }

  #dot(context, x, y, ratio) {
    context.beginPath();
    context.arc(x, y, 2.5 * ratio, 0, 2 * Math.PI);
    context.fill();
  }

  #cross(context, speaker, second, x, y, height, ratio) {
    const score = speaker.series.at(second, this.column);
    context.globalAlpha = 0.5;
    context.fillRect(x(second), 0, ratio, height);
    context.globalAlpha = 1;
    if (!Number.isNaN(score)) this.#dot(context, x(second), y(score), ratio);
  }

  /// What the pointer is on, in words; empty without a pointer.
  readout(speaker, model) {
    if (this.pointed === null) return "";
    const second = Math.floor(model.present) - this.pointed, { series } = speaker, { column } = this;
    const when = this.pointed === 0 ? say.now : put(say.ago, { time: clock(this.pointed) });
    const score = series.at(second, column);
    if (Number.isNaN(score)) return `${when}: ${say.none}`;
    const range = { low: number(series.at(second, column + 1)), high: number(series.at(second, column + 2)) };
    return `${when}: ${number(score)} (${put(say.range, range)})`;
  }
}
