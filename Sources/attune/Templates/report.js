"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const board = document.getElementById("board"), at = document.getElementById("at");
const clock = t => {
  const s = Math.floor(t), two = n => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};
let moment = 0;
// The last point at or before a time, unless it is too old to hold.
const pointAt = (points, t) => {
  let low = 0, high = points.length;
  while (low < high) { const middle = (low + high) >> 1; if (points[middle][0] <= t) low = middle + 1; else high = middle; }
  const point = points[low - 1];
  return point && t - point[0] <= Math.max(point[4] === null ? 15 : 5, 3 * data.d / 1500) ? point : null;
};
const signed = p => (p < 0 ? "\u2212" : "+") + Math.abs(p).toFixed(1);
const told = (name, point) => {
  if (!point) return `no ${name} score`;
  const [, score, low, high, sure, provisional, movers] = point;
  const words = movers.map(([w, p]) => `${data.words[w]} ${signed(p)}`).join(", ");
  return `${name} ${Math.round(score)} (${low} to ${high}${sure === null ? "" : `, ${sure} % of the evidence`}${provisional ? ", provisional" : ""})` +
    (words ? `: ${words}` : "");
};
// Texts go in as text: nothing of them becomes part of the page.
const line = (strong, text) => {
  const p = document.createElement("p"), b = document.createElement("b");
  b.textContent = strong + " ";
  p.append(b, text);
  return p;
};
const show = t => {
  moment = Math.min(data.d, Math.max(0, t));
  document.body.classList.add("has-cursor");
  document.getElementById("cursor").style.left = `${data.d > 0 ? 100 * moment / data.d : 0}%`;
  const speaking = data.speakers.filter(s => s.ipus.some(([a, b]) => a <= moment && moment < b)).map(s => s.name);
  const who = speaking.length ? `${speaking.join(" and ")} ${speaking.length > 1 ? "speak" : "speaks"}` : "nobody speaks";
  const parts = [line(clock(moment), who)];
  for (const speaker of data.speakers) {
    const scores = [told("engagement", pointAt(speaker.e, moment))];
    if (speaker.s.length) scores.push(told("sentiment", pointAt(speaker.s, moment)));
    parts.push(line(speaker.name, scores.join("; ")));
  }
  document.querySelectorAll(".mark").forEach(mark => {
    if (Math.abs(Number(mark.dataset.t) - moment) <= 2) parts.push(line(mark.textContent, mark.title));
  });
  at.replaceChildren(...parts);
  board.setAttribute("aria-valuenow", moment.toFixed(1));
  board.setAttribute("aria-valuetext", `${clock(moment)}, ${who}`);
  document.querySelectorAll("#lines li").forEach(item => {
    const now = Number(item.dataset.t) <= moment && moment < Number(item.dataset.e);
    item.classList.toggle("now", now);
    if (now) item.parentElement.scrollTop = item.offsetTop - item.parentElement.offsetTop - 40;
  });
};
// Lines without the words that are searched for are hidden; the first that has them is shown on the axis.
const find = document.getElementById("find");
if (find) {
  const lines = [...document.querySelectorAll("#lines li")].map(item => [item, item.textContent.toLowerCase()]);
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = lines.filter(([item, text]) => !(item.hidden = !words.every(word => text.includes(word))));
    document.getElementById("found").textContent = words.length ? `${hits.length} of ${lines.length}` : "";
  });
  find.addEventListener("keydown", event => {
    const first = lines.find(([item]) => !item.hidden);
    if (event.key === "Enter" && first) show(Number(first[0].dataset.t));
  });
}
if (board) {
  board.addEventListener("click", event => {
    const box = board.querySelector(".plot").getBoundingClientRect();
    if (event.clientX >= box.left) show(data.d * (event.clientX - box.left) / box.width);
  });
  board.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -30, PageUp: 30, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(moment + step * (event.shiftKey ? 10 : 1));
  });
  document.querySelectorAll("[data-t].time, .mark").forEach(button => button.addEventListener("click", event => {
    event.stopPropagation();
    show(Number(button.dataset.t));
  }));
  // A moment can be named in the address: call.html#t=120
  const named = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (named) show(Number(named[1]));
}
