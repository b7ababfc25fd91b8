// What pages do beyond plain links and forms. Without this file every page works all the same.
//
// Written in the pages (by templates/ui.html)   what happens
//   html[data-js]                 set here: what only a script can do is shown from then on
//   [data-review-item]            one thing to decide on; j and k go through them, the one at hand
//                                 has aria-current="true"
//   a[data-opens]                 in a thing to decide on: followed when j or k come to it
//   [data-key="a"]                on a button, a link or a summary: that key presses it; the one in
//                                 the item at hand goes before one that is in no item
//   details[data-asking]          when it opens, its first field gets the focus; closes on Escape, on
//                                 [data-close], and on a click elsewhere where nothing was typed
//   [data-copy="text"]            a button that copies the text
//   time[datetime]                shown in the viewer's zone, as "5 min ago" where it is recent;
//                                 with data-exact always as date and time
//   figure[data-chart]            its table is drawn into its .plot, with the colours of its .swatch
//   [data-live][id][hx-get]       htmx asks again by itself; not while somebody works in it, and with
//                                 the ETag of the last answer, so that nothing new costs a 304
//   form[data-theme-form]         changes the colours at once and tells the server
//   [data-keys-switch]            a checkbox: whether single keys act (kept in this browser)
//   #keys                         the help that `?` opens
// Keys act only where nothing is typed in, without Ctrl, Alt or Meta, and once however long held.

const root = document.documentElement;
root.dataset.js = "";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- times ----

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const dayOnly = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: "UTC" });
const minute = new Intl.DateTimeFormat("en-CA", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const precise = new Intl.DateTimeFormat("en", {
  dateStyle: "full", timeStyle: "long",
});
const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [14 * 86400, "day", 86400]];

function ago(seconds) {
  if (Math.abs(seconds) < 10) return "just now";
  const step = STEPS.find(([below]) => Math.abs(seconds) < below);
  return step && relative.format(-Math.round(seconds / step[2]), step[1]).replace(".", "");
}

function showTimes() {
  for (const element of all("time[datetime]")) {
    const written = element.getAttribute("datetime");
    const day = !written.includes("T");
    const at = new Date(written);
    if (Number.isNaN(at.getTime())) continue;
    const exact = day ? dayOnly.format(at) : minute.format(at).replace(",", "");
    const near = day || "exact" in element.dataset ? "" : ago((Date.now() - at) / 1000);
    const text = near || exact;
    if (element.textContent !== text) element.textContent = text;
    if (!day) element.title = precise.format(at);
  }
}

// ---- colours ----

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  root.dataset.theme = event.submitter.value;
  for (const button of all("button[name=theme]", form)) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  const body = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  drawCharts();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts());

// ---- charts ----

const plots = new Map();

function readChart(figure) {
  const rows = all("tbody tr", figure);
  const days = rows.map((row) => Date.parse(row.querySelector("time").getAttribute("datetime")) / 1000);
  const labels = all("thead th", figure).slice(1).map((head) => head.textContent);
  const lines = labels.map((_, i) => rows.map((row) => {
    const value = row.querySelectorAll("td")[i].dataset.value;
    return value === "" ? null : Number(value);
  }));
  return { labels, data: [days, ...lines] };
}

function drawChart(figure) {
  const place = figure.querySelector(".plot");
  const { labels, data } = readChart(figure);
  const paint = getComputedStyle(place);
  const colours = all(".swatch", figure).map((swatch) => getComputedStyle(swatch).backgroundColor);
  const axis = {
    stroke: paint.color, font: `12px ${paint.fontFamily}`,
    grid: { stroke: paint.borderTopColor, width: 1 }, ticks: { show: false },
  };
  plots.get(figure)?.destroy();
  place.replaceChildren();
  if (!data[0].length) return;
  plots.set(figure, new window.uPlot({
    width: place.clientWidth, height: 190, tzDate: (s) => window.uPlot.tzDate(new Date(s * 1000), "UTC"),
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [Math.min(0, low), Math.max(high * 1.1, 1)] } },
    series: [{}, ...labels.map((label, i) => ({
      label, stroke: colours[i], width: 2, points: { show: data[0].length === 1 },
      ...(i === 0 ? { fill: colours[i].replace(/^rgb\((.*)\)$/, "rgba($1, 0.10)") } : {}),
    }))],
    axes: [{ ...axis, size: 28, values: (_, at) => at.map((s) => new Date(s * 1000).toLocaleDateString(
      "en", { day: "numeric", month: "short", timeZone: "UTC" })), grid: { show: false }, space: 70, incrs: [1, 2, 7, 14, 30, 91, 365].map((d) => d * 86400) },
    { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_, at) => at.map((v) => v >= 1e4 ? `${v / 1e3}k` : String(v)) }],
    hooks: { setCursor: [(plot) => readOut(figure, labels, data, plot.cursor.idx)] },
  }, data, place));
}

function readOut(figure, labels, data, index) {
  const marks = all(".legend > span", figure);
  marks.forEach((mark, i) => {
    const value = index == null ? null : data[i + 1][index];
    mark.lastChild.textContent = value == null ? labels[i] : `${labels[i]} ${value.toLocaleString("en")}`;
  });
  const title = figure.querySelector(".chart-title");
  title.dataset.day = index == null ? "" : dayOnly.format(new Date(data[0][index] * 1000));
}

const widths = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const plot = plots.get(target.closest("[data-chart]"));
    if (plot && contentRect.width && Math.abs(plot.width - contentRect.width) > 1) {
      plot.setSize({ width: contentRect.width, height: 190 });
    }
  }
});

function drawCharts() {
  if (!window.uPlot) return;
  for (const figure of all("[data-chart]")) {
    drawChart(figure);
    figure.dataset.drawn = "";
    widths.observe(figure.querySelector(".plot"));
  }
}

// ---- copying, asking ----

async function copy(button) {
  const label = button.textContent;
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    said = "Selected";
  }
  button.textContent = said;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => { button.textContent = label; }, 1600);
}

function close(details, returnFocus) {
  details.open = false;
  if (returnFocus) details.querySelector("summary").focus();
}

// all within the one event: the next key of whoever types fast belongs to the form
function ask(details) {
  details.open = true;
  details.querySelector("textarea, input:not([type=hidden]), select, form button")?.focus();
  details.querySelector("form").scrollIntoView({ block: "nearest" });
}

const begun = (details) => all("textarea, input", details).some((field) => field.value !== field.defaultValue);

document.addEventListener("click", (event) => {
  const copies = event.target.closest("[data-copy]");
  if (copies) copy(copies);
  const within = event.target.closest("[data-asking]");
  if (event.target.closest("[data-close]")) close(within, true);
  if (event.target.closest("[data-asking]:not([open]) > summary")) {
    event.preventDefault();
    ask(within);
  }
  for (const open of all("[data-asking][open]")) {
    if (open !== within && !begun(open)) close(open, false);
  }
});
// a form that is on its way is not sent again
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
});
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

// ---- keys ----

const keysSwitch = document.querySelector("[data-keys-switch]");
const KEYS = "failonce.keys";
let keysAct = true;
try { keysAct = localStorage.getItem(KEYS) !== "off"; } catch { /* no storage: they act */ }
if (keysSwitch) {
  keysSwitch.checked = keysAct;
  keysSwitch.addEventListener("change", () => {
    keysAct = keysSwitch.checked;
    try { localStorage.setItem(KEYS, keysAct ? "on" : "off"); } catch { /* for this page only */ }
  });
}

const items = () => all("[data-review-item]");
const atHand = () => document.querySelector("[data-review-item][aria-current=true]");

function take(item, focus = true) {
  for (const other of items()) {
    if (other === item) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  if (!focus) return;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const list = items();
  if (!list.length) return;
  const now = list.indexOf(atHand());
  const item = list[now < 0 ? 0 : Math.max(0, Math.min(list.length - 1, now + by))];
  take(item);
  item.querySelector("a[data-opens]")?.click();
}

function press(key) {
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  const element = atHand()?.querySelector(wanted)
    ?? all(wanted).find((other) => !other.closest("[data-review-item]"));
  if (!element || element.disabled) return false;
  element.click();
  return true;
}

function typing(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") != null;
}

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("[data-asking][open]");
  if (event.key === "Escape" && open) { close(open, true); return; }
  if (!keysAct || event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key.length !== 1 || typing(event.target)) return;
  const help = document.getElementById("keys");
  if (event.key === "?") { help?.togglePopover(); event.preventDefault(); return; }
  if (help?.matches(":popover-open") || open) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else if (!press(event.key)) return;
  event.preventDefault();
});
// the item that is worked in is the one that keys act on
document.addEventListener("focusin", (event) => {
  const item = event.target.closest?.("[data-review-item]");
  if (item && item !== atHand()) take(item, false);
});

function takeFirst() {
  if (atHand() || !items().length) return;
  const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const item = named && named.matches("[data-review-item]") ? named : null;
  take(item ?? items()[0], item != null);
}

// ---- live regions ----

const tags = new WeakMap();

function busy(region) {
  const selection = getSelection();
  return document.hidden || region.querySelector("[data-asking][open], textarea:focus, input:focus, select:focus")
    || (!selection.isCollapsed && region.contains(selection.anchorNode));
}

document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!sourceElement.matches("[data-live]")) return;
  if (busy(sourceElement)) { event.preventDefault(); return; }
  const tag = tags.get(sourceElement);
  if (tag) request.headers["If-None-Match"] = tag;
  request.cache = "no-store";
});
document.addEventListener("htmx:before:response", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  if (!sourceElement.matches("[data-live]")) return;
  if (response.raw.redirected) {
    event.preventDefault();
    if (!busy(root)) location.reload(); // what somebody types is not lost because they have to sign in
    return;
  }
  const tag = response.headers.get("ETag");
  if (response.status === 200 && tag) tags.set(sourceElement, tag);
});
// an answer that was asked for before somebody began to work there comes too late
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!sourceElement.matches("[data-live]") || !busy(sourceElement)) return;
  tags.delete(sourceElement);
  event.preventDefault();
});
// what a viewer opened or stands on is not in the server's page: `morphIgnore` in head.html
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.swap !== "none") refresh();
});

function refresh() {
  showTimes();
  drawCharts();
  takeFirst();
}

refresh();
setInterval(showTimes, 30_000);
// by hand: scrollIntoView would move where the first Tab begins
const here = document.querySelector(".side nav [aria-current]");
if (here) {
  const strip = here.closest("ul");
  strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}
