// Pieces that themes are made of. Text is only ever set as text; names stand in <bdi>.
function make(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children);
  return element;
}

/// Sets text where it differs: a node that stays is neither laid out nor read out again.
function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function flag(node, name, on) {
  if (node.classList.contains(name) !== Boolean(on)) node.classList.toggle(name, Boolean(on));
}

function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function show(node, on) {
  if (node.hidden === Boolean(on)) node.hidden = !on;
}

/// Children of `parent` after a list, one a key: those that stay are updated, in the order of the list.
class Keyed {
  #parts = new Map();

  constructor(parent, build) { [this.parent, this.build] = [parent, build]; }

  update(items, keyOf, ...more) {
    const gone = new Set(this.#parts.keys());
    items.forEach((item, index) => {
      const key = keyOf(item);
      gone.delete(key);
      let part = this.#parts.get(key);
      if (!part) this.#parts.set(key, part = this.build(item));
      if (this.parent.children[index] !== part.root) this.parent.insertBefore(part.root, this.parent.children[index]);
      part.update(item, ...more);
    });
    for (const key of gone) {
      this.#parts.get(key).root.remove();
      this.#parts.delete(key);
    }
  }
}

/// Name, role and whether the speaker speaks: a dot, and words for those who don't see it.
class Who {
  constructor() {
    this.name = make("bdi", "name");
    this.role = make("bdi", "role");
    this.state = make("span", "spoken");
    const dot = make("span", "dot");
    dot.setAttribute("aria-hidden", "true");
    this.root = make("span", "who", dot, this.name, " ", this.role, " ", this.state);
  }

  update(speaker) {
    set(this.name, shown(speaker.name));
    attribute(this.name, "title", shown(speaker.name));
    set(this.role, speaker.role ? shown(speaker.role) : "");
    set(this.state, speaker.speaking ? say.speaking : say.silent);
    flag(this.root, "speaks", speaker.speaking);
  }
}

/// A share as a bar with a mark where the shares would be even.
class Share {
  constructor(label) {
    this.fill = make("span", "fill");
    this.mark = make("span", "mark");
    this.track = make("span", "track", make("span", "bed", this.fill), this.mark);
    this.track.setAttribute("aria-hidden", "true");
    this.value = make("span", "value");
    this.side = make("span", "aside");
    this.label = make("span", "label", label);
    this.root = make("div", "share", this.label, this.track, this.value, this.side);
  }

  /// The bar ends at three even shares: among many, one would be too short to see.
  update(ratio, even, side) {
    const whole = Math.min(1, 3 * even);
    const scale = `scaleX(${isNumber(ratio) ? Math.min(1, Math.round(1000 * ratio / whole) / 1000) : 0})`;
    if (this.fill.style.transform !== scale) this.fill.style.transform = scale;
    const left = `${Math.round(1000 * even / whole) / 10}%`;
    if (this.mark.style.left !== left) this.mark.style.left = left;
    set(this.value, percent(ratio));
    set(this.side, isNumber(side) ? put(say.side, { x: percent(side) }) : "");
  }
}

/// Talk of the last two minutes, or of the call where there is no such window; `side` where there are several on it.
function talk(speaker, model) {
  const windows = speaker.tick?.windows ?? {}, recent = windows["120s"] ?? windows.session ?? {};
  const company = model.measured.filter((other) => other.side === speaker.side).length;
  return { ratio: recent.talk_ratio, side: company > 1 ? recent.side_talk_ratio : undefined };
}

/// A score: number, interval, curve; or why there is none. With a button for its summands.
class Score {
  constructor(kind, column, onToggle) {
    this.kind = kind;
    this.number = make("span", "number");
    this.range = make("span", "range");
    this.note = make("span", "note");
    this.curve = new Curve(column, kind);
    this.reading = make("span", "reading");
    this.curve.letKeysRead();
    const label = make("span", "label", say[kind]);
    this.button = make(onToggle ? "button" : "div", "figure", label, make("span", "numbers", this.number, this.range));
    if (onToggle) {
      this.button.type = "button";
      this.button.addEventListener("click", () => onToggle(kind));
    }
    const plot = make("div", "plot", this.curve.canvas, this.note, this.reading);
    this.root = make("div", `score ${kind}`, this.button, plot);
  }

  update(speaker, model, isStale) {
    const score = speaker.tick?.[this.kind];
    // Where the policy forbids a score the key is absent, and so is the row.
    show(this.root, score !== undefined);
    if (score === undefined) return;
    const isKnown = isNumber(score.score);
    set(this.number, isKnown ? number(score.score) : "–");
    const [low, high] = score.interval ?? [];
    set(this.range, isKnown && isNumber(low) ? `${number(low)}–${number(high)}` : "");
    set(this.note, isKnown ? (score.provisional ? say.provisional : "") : abstention(score.abstained));
    flag(this.note, "abstained", !isKnown);
    if (this.button.type === "button" && this.button.disabled === isKnown) this.button.disabled = !isKnown;
    this.curve.draw(speaker, model, isStale);
    const reading = this.curve.readout(speaker, model);
    set(this.reading, reading);
    const now = isKnown ? `${number(score.score)}, ${put(say.range, { low: number(low), high: number(high) })}`
      : abstention(score.abstained);
    this.curve.describe(
      fill(say.curve, { what: say[this.kind], name: shown(speaker.name), x: model.spanS / 60 }), reading || now);
  }
}

/// What a score is made of as a small waterfall: each bar begins where the one before ended.
class Waterfall {
  constructor(kind) {
    this.kind = kind;
    this.rows = make("ol", "steps");
    this.title = make("h3", "label", `${say[kind]}: ${say.why}`);
    this.root = make("section", `why ${kind}`, this.title, this.rows);
    this.keyed = new Keyed(this.rows, () => new Step());
  }

  update(speaker) {
    const score = speaker.tick?.[this.kind];
    show(this.root, isNumber(score?.score) && score.contributions);
    if (this.root.hidden) return;
    // The neutral 50 first; then what moves most. The bars lie around it, and fill the room as far as need be.
    const [neutral, ...others] = score.contributions;
    const moving = others.filter((part) => Math.abs(part.points) >= 0.05)
      .sort((one, other) => Math.abs(other.points) - Math.abs(one.points));
    let sum = 0;
    const steps = [{ part: neutral, from: 0, to: 0 }, ...moving.map((part) => {
      const from = sum;
      sum += part.points;
      return { part, from, to: sum };
    }), { part: { input: "sum", points: score.score }, from: 0, to: score.score - neutral.points }];
    const reach = Math.max(10, ...steps.map((step) => Math.abs(step.to)));
    this.keyed.update(steps, (step) => step.part.input, reach);
  }
}

class Step {
  constructor() {
    [this.words, this.detail] = [make("span", "words"), make("span", "detail")];
    [this.bar, this.points] = [make("span", "bar"), make("span", "points")];
    const track = make("span", "track", this.bar);
    track.setAttribute("aria-hidden", "true");
    this.root = make("li", "step", make("span", "text", this.words, " ", this.detail), track, this.points);
  }

  update({ part, from, to }, reach) {
    const isWhole = part.input === "sum" || part.input === "neutral";
    set(this.words, part.input === "sum" ? say.sum : mover(part));
    set(this.detail, isNumber(part.value) && isNumber(part.usual)
      ? nowAndUsual(part.input, part.value, part.usual) : "");
    set(this.points, isWhole ? number(part.points, part.input === "sum" ? 1 : 0) : signed(part.points));
    flag(this.root, "whole", isWhole);
    flag(this.root, "down", to < from);
    const left = 50 + (50 * Math.min(from, to)) / reach, width = Math.max(0.8, (50 * Math.abs(to - from)) / reach);
    const place = part.input === "neutral" ? "scaleX(0)" : `translateX(${left.toFixed(1)}%) scaleX(${width / 100})`;
    if (this.bar.style.transform !== place) this.bar.style.transform = place;
  }
}

class Cue {
  constructor() {
    [this.when, this.text, this.end] = [make("span", "when"), make("span", "text"), make("span", "end")];
    this.root = make("li", "cue", this.when, this.text, " ", this.end);
  }

  update(cue) {
    set(this.when, clock(cue.raised.t));
    set(this.text, cueText(cue));
    set(this.end, cueEnd(cue));
    flag(this.root, "gone", cue.cleared);
    flag(this.root, "warning", cue.raised.severity === "warning");
  }
}

/// A list of cues; empty ones take no room.
class Cues {
  constructor(label) {
    this.root = make("ul", "cues");
    this.root.setAttribute("aria-label", label);
    this.keyed = new Keyed(this.root, () => new Cue());
  }

  update(cues) {
    this.keyed.update(cues, (cue) => cue.id);
    show(this.root, cues.length > 0);
  }
}

/// Facts in words: a definition list of which each entry is shown where it has something to say.
class Facts {
  constructor(names) {
    this.root = make("dl", "facts");
    this.entries = names.map((name) => {
      const value = make("dd");
      const root = make("div", "fact", make("dt", "", say[name] ?? name), value);
      this.root.append(root);
      return { name, root, value };
    });
  }

  update(values) {
    for (const { name, root, value } of this.entries) {
      set(value, values[name] ?? "");
      // A reason in place of a number.
      flag(value, "quiet", !/\d/.test(value.textContent));
      show(root, values[name]);
    }
  }
}

/// The lag in words: where it is withheld, why.
function lagText(speaker) {
  const recent = speaker.tick?.windows?.["120s"] ?? speaker.tick?.windows?.session ?? {};
  if (isNumber(recent.response_lag_median_ms)) return milliseconds(recent.response_lag_median_ms);
  return say.withheld[speaker.tick?.lags_withheld] ?? "";
}
