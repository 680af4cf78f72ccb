// The address, and how values become words: numbers, times, names and sentences.
const asked = new URLSearchParams(location.search);

function choice(name, allowed, otherwise) {
  const value = (asked.get(name) ?? "").toLowerCase();
  return allowed.includes(value) ? value : otherwise;
}

const browserLanguages = (navigator.languages ?? [navigator.language ?? "en"]).map((tag) => tag.slice(0, 2));
const options = {
  token: asked.get("token") ?? "",
  session: asked.get("session"),
  speaker: asked.get("speaker"),
  theme: choice("theme", ["bar", "cards", "full", "meeting", "self"], "cards"),
  language: choice("lang", Object.keys(TEXTS), browserLanguages.find((tag) => tag in TEXTS) ?? "en"),
  mode: choice("mode", ["light", "dark"], null),
  size: Math.min(4, Math.max(0.5, Number(asked.get("size") ?? 1) || 1)),
  background: asked.get("background"),
  captions: choice("captions", ["on", "off"], "off") === "on",
  points: choice("points", ["on", "off"], "off") === "on",
};
const say = TEXTS[options.language];

const formats = [0, 1, 2].map((digits) =>
  new Intl.NumberFormat(options.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const percents = new Intl.NumberFormat(options.language, { style: "percent", maximumFractionDigits: 0 });

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const number = (value, digits = 0) => (isNumber(value) ? formats[digits].format(value).replace("-", "−") : "–");
const percent = (value) => (isNumber(value) ? percents.format(value) : "–");
const milliseconds = (value) => (isNumber(value) ? `${number(value / 1000, 2)} ${say.seconds}` : "–");
/// Points of a score with their sign; a true minus is as wide as a plus.
const signed = (value, digits = 1) => (value < 0 ? "−" : "+") + formats[digits].format(Math.abs(value));

/// 75 is 1:15, 3675 is 1:01:15.
function clock(seconds) {
  if (!isNumber(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds)), pad = (part) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/// A name as it may be shown: what orders or hides text is replaced, and what is too long is cut.
function shown(name) {
  const text = String(name).replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  const letters = [...text];
  return letters.length > 60 ? letters.slice(0, 59).join("") + "…" : text;
}

/// A template with its values as one text; values are isolated, so that none turns the direction of the rest.
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? `\u2068${values[key]}\u2069` : whole));
}

/// The same without isolation, for values that are numbers.
function put(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

/// Names in the order they are in, as one text.
const listed = (names) => names.map((name) => `\u2068${shown(name)}\u2069`).join(", ");

/// Why there is no score; a reason that this page does not know is shown as it came.
const abstention = (reason) => say.abstained[reason] ?? shown(reason ?? say.none).replaceAll("_", " ");

/// The value of a score's input in its unit.
function measure(input, value) {
  const unit = say.units[input];
  if (!unit) return number(value, 1);
  if (unit === "%") return percent(value);
  if (unit === "ms") return milliseconds(value);
  return put(unit, { x: number(value, 1) });
}

/// What a value is now and usually; the unit is said once where it is a word.
function nowAndUsual(input, value, usual) {
  const now = (say.units[input] ?? "").length > 2 ? number(value, 1) : measure(input, value);
  return put(say.value, { now, usual: measure(input, usual) });
}

/// A summand of a score in words: which way it differs from what is usual.
function mover(part) {
  if (part.input === "neutral") return say.neutral;
  const words = say.inputs[part.input];
  if (!words) return shown(part.input).replaceAll("_", " ");
  return words[(part.input === "text" ? part.points : part.z ?? part.points) < 0 ? 1 : 0];
}

/// Numbers of a cue in the unit of its metric.
function cueNumber(metric, value) {
  if (metric === "talk_ratio") return percent(value);
  if (metric === "rate_change") return percent(value);
  if (metric?.endsWith("_s")) return clock(value);
  return number(value, Number.isInteger(value) ? 0 : 1);
}

/// What a cue states, with its numbers.
function cueText(cue) {
  const { metric, value, limit, window_s: window } = cue.raised;
  return fill(say.cues[metric] ?? say.cues.other, {
    name: shown(cue.name ?? ""), cue: shown(cue.raised.cue), value: cueNumber(metric, value),
    limit: cueNumber(metric, limit) + (isNumber(window) ? ` ${put(say.window, { time: clock(window) })}` : ""),
  });
}

/// How a cue went; nothing while it stands.
function cueEnd(cue) {
  if (!cue.cleared) return "";
  const { reason, value } = cue.cleared;
  if (reason !== "back_to_normal" || !isNumber(value)) return say.over;
  return put(say.cleared, { value: cueNumber(cue.raised.metric, value) });
}
