// The history of a name or an address, on one page. The state is the address bar's.
import { Refused, ask, fetchFrom, target, useKey } from "./ask.js";
import { overview } from "./draw.js";
import { axisOf, dateOf, runsOf } from "./spans.js";
import { $, defanged, element, fanged, state } from "./state.js";
import { columns, putChips, putHead, putRows, shownRdata, shownRows } from "./table.js";

const PAGE = 1000; // rows asked for at a time

function say(text, bad) {
  $("said").textContent = text;
  $("said").classList.toggle("bad", Boolean(bad));
}

function absence(end) {
  if (end.erased) return "it was erased here";
  if (end.expired) return "old records were removed here";
  if (end.unknown) return "what was erased and what expired here cannot be read";
  if (end.collapsed) return `names that were seen once were collapsed and it may be of these, ask for ${end.collapsed}`;
  return "";
}

function tellEnd(end) {
  if (!end) return say("The answer broke off: what is shown is not all.", true);
  const c = end.coverage || {};
  const day = (t) => String(t).slice(0, 10);
  const watched = c.from ? `watched ${(c.permyriad / 100).toFixed(2)} % of ${day(c.from)} .. ${day(c.to)}` : "watched by nobody";
  const words = {
    none: `Not seen; ${watched}.`,
    unwatched: `Nothing found, and that may mean nothing: ${absence(end) || watched}.`,
    failed: `Failed: ${end.message || "the server did not say why"}.`,
  };
  say(words[end.status] || `${watched[0].toUpperCase()}${watched.slice(1)}.`
      + (end.complete ? "" : ` Incomplete: ${end.message || "something could not be read"}.`)
      + (end.limited ? " There is more." : ""), end.status === "failed" || !end.complete);
}

function putTitle() {
  const first = Math.min(...state.rows.map((r) => r.time_first));
  const last = Math.max(...state.rows.map((r) => r.time_last));
  const facts = state.rows.length ? [["first seen", dateOf(first)], ["last seen", dateOf(last)],
    ["records", state.rows.length.toLocaleString("en") + (state.end && state.end.limited ? "+" : "")]] : [];
  document.querySelector("h1").textContent = defanged(state.question.term);
  document.querySelector("#title dl").replaceChildren(...facts.map(([k, v]) => {
    const div = element("div");
    div.append(element("dt", "", k), element("dd", "", v));
    return div;
  }));
  $("title").classList.add("asked");
}

function draw() {
  if (!state.question) return;
  putTitle();
  putChips(draw, fence);
  $("rows").hidden = state.rows.length === 0;
  if (state.rows.length === 0) {
    $("overview").replaceChildren();
    $("shown").textContent = "";
    return;
  }
  const rows = shownRows(), list = columns();
  overview($("overview"), state.rows.filter((r) => !state.off.has(r.rrtype)), state.axis, state.fence);
  putHead(list, draw);
  putRows(rows, list, go);
  $("shown").textContent = `${rows.length} of ${state.rows.length} records`;
}

// ---- asking ----

async function load(cursor) {
  state.asking?.abort();
  const asking = state.asking = new AbortController();
  say("Asking…");
  try {
    const path = target(state.question, { limit: PAGE, ...(cursor ? { cursor } : {}) });
    state.end = await ask(path, asking.signal, (r) => {
      state.rows.push({ ...r, rdata: [].concat(r.rdata), stated: !r.months, runs: runsOf(r) });
    });
    tellEnd(state.end);
  } catch (e) {
    if (e.name === "AbortError") return;
    $("login").hidden = !(e instanceof Refused && (e.status === 401 || e.status === 403));
    say(e instanceof Refused ? e.message : `No answer from the server: ${e.message}`, true);
  }
  $("more").hidden = !(state.end && state.end.cursor);
  if (state.rows.length) state.axis = axisOf(state.rows);
  draw();
}

function begin(question) {
  Object.assign(state, { question, rows: [], end: null, fence: null });
  state.off.clear();
  for (const name of ["term", "from", "to"]) $(name).value = question[name] || "";
  $("follow").checked = Boolean(question.follow);
  $("filter").value = "";
  $("login").hidden = true;
  document.title = `${defanged(question.term)} - yore`;
  load();
}

function go(question) {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(question)) if (v) p.set(k, v === true ? "t" : v);
  history.pushState(null, "", "?" + p);
  begin(question);
}

function fromBar() {
  const p = new URLSearchParams(location.search);
  if (p.get("term"))
    begin({ term: p.get("term"), from: p.get("from") || "", to: p.get("to") || "",
            follow: p.get("follow") === "t" });
}

// ---- hands ----

function fence(range) {
  state.fence = range;
  draw();
}

function dragged() {
  const svg = $("overview");
  let from = null;
  const at = (e) => {
    const box = svg.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (e.clientX - box.left) / box.width));
    return state.axis[0] + part * (state.axis[1] - state.axis[0]);
  };
  svg.addEventListener("pointerdown", (e) => {
    from = at(e);
    svg.setPointerCapture(e.pointerId);
  });
  svg.addEventListener("pointermove", (e) => {
    if (from !== null) overview(svg, state.rows.filter((r) => !state.off.has(r.rrtype)), state.axis,
                                [from, at(e)].sort((a, b) => a - b));
  });
  svg.addEventListener("pointerup", (e) => {
    const range = [from, at(e)].sort((a, b) => a - b);
    from = null;
    fence(range[1] - range[0] < (state.axis[1] - state.axis[0]) / 200 ? null : range);
  });
}

async function save(format) {
  const blob = await (await fetchFrom(target(state.question, { format, limit: 0 }))).blob();
  const a = element("a");
  a.href = URL.createObjectURL(blob);
  a.download = `yore.${format === "cof" ? "ndjson" : format}`;
  a.click();
  URL.revokeObjectURL(a.href);
}

function copyRows() {
  const lines = shownRows().map((r) => [defanged(r.rrname), r.rrtype, shownRdata(r),
    dateOf(r.time_first), dateOf(r.time_last), r.count, r.source].join("\t"));
  navigator.clipboard.writeText(lines.join("\n") + "\n")
    .then(() => say(`${lines.length} rows copied.`), (e) => say(e.message, true));
}

function step(by) {
  const list = [...$("rows").tBodies[0].rows];
  const now = list.indexOf(document.activeElement.closest?.("tbody tr"));
  list[Math.min(list.length - 1, Math.max(0, now + by))]?.focus();
}

function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape") {
    document.activeElement.blur();
    return fence(null);
  }
  if (e.target.matches("input") || $("keys").open) return;
  const does = {
    "/": () => $("term").select(), f: () => $("filter").focus(), d: toggleDefang,
    j: () => step(1), k: () => step(-1), "?": () => $("keys").showModal(),
    Enter: () => [...document.activeElement.querySelectorAll?.("td.mono button") || []].pop()?.click(),
  }[e.key];
  if (!does || (e.key === "Enter" && !e.target.matches("tr"))) return;
  e.preventDefault();
  does();
}

function toggleDefang() {
  state.defang = !state.defang;
  $("defang").setAttribute("aria-pressed", String(state.defang));
  draw();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem("yore-theme", name);
}

theme(localStorage.getItem("yore-theme")
  || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
$("ask").addEventListener("submit", (e) => {
  e.preventDefault();
  if ($("term").value.trim())
    go({ term: fanged($("term").value), from: $("from").value.trim(), to: $("to").value.trim(),
         follow: $("follow").checked });
});
$("login").addEventListener("submit", (e) => {
  e.preventDefault();
  useKey($("key").value);
  $("key").value = "";
  if (state.question) begin(state.question);
});
$("filter").addEventListener("input", draw);
$("more").addEventListener("click", () => load(state.end.cursor));
$("defang").addEventListener("click", toggleDefang);
$("theme").addEventListener("click", () =>
  theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
$("help").addEventListener("click", () => $("keys").showModal());
$("copy").addEventListener("click", copyRows);
for (const b of document.querySelectorAll("[data-save]"))
  b.addEventListener("click", () => state.question
    && save(b.dataset.save).catch((e) => say(e.message, true)));
addEventListener("keydown", onKey);
addEventListener("popstate", fromBar);
addEventListener("resize", draw);
dragged();
fromBar();
if (!state.question) $("term").focus();
