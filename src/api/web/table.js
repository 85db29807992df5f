// The rows: which are shown, in what order, in which columns. What a click asks for comes as
// a function: again() draws anew, go(question) asks, fence(range) chooses a time.
import { bar, classOf } from "./draw.js";
import { dateOf, ticksOf, touches } from "./spans.js";
import { $, defanged, element, isAddress, pivotOf, state, wordOf } from "./state.js";

export function shownRows() {
  const wanted = $("filter").value.trim().toLowerCase();
  const by = {
    type: (r) => r.rrtype, name: (r) => r.rrname, rdata: wordOf, source: (r) => r.source,
    first: (r) => r.time_first, last: (r) => r.time_last, count: (r) => r.count,
  }[state.sort];
  const rows = state.rows.filter((r) => !state.off.has(r.rrtype) && touches(r.runs, state.fence)
    && (!wanted || `${r.rrname} ${r.rrtype} ${wordOf(r)} ${r.source}`.toLowerCase().includes(wanted)));
  const turn = state.down ? -1 : 1;
  return rows.sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * turn;
  });
}

function pivotCell(text, term, go) {
  const td = element("td", "mono");
  td.title = text;
  if (!term) td.textContent = text;
  else {
    const b = element("button", "", text);
    b.tabIndex = -1;
    b.addEventListener("click", () => go({ ...state.question, term }));
    td.append(b);
  }
  return td;
}

export const columns = () => [
  ["type", "Type", "col-type"],
  ...(state.rows.some((r) => r.rrname !== state.rows[0].rrname) || isAddress(state.question.term)
    ? [["name", "Name", "col-name"]] : []),
  ...(state.rows.some((r) => wordOf(r) !== wordOf(state.rows[0])) || !isAddress(state.question.term)
    ? [["rdata", "Rdata", "col-rdata"]] : []),
  ["first", "First seen", "col-date col-first"], ["last", "Last seen", "col-date"],
  ["count", "Count", "col-count number"], ["source", "Source", "col-source"],
];

// Texts stay as they are: only names and addresses are links elsewhere.
export const shownRdata = (row) => pivotOf(row) ? defanged(wordOf(row)) : wordOf(row);

function cellOf(row, name, cls, go) {
  switch (name) {
  case "type": return element("td", cls, row.rrtype);
  case "name": return pivotCell(defanged(row.rrname), row.rrname, go);
  case "rdata": return pivotCell(shownRdata(row), pivotOf(row), go);
  case "first": return element("td", cls, dateOf(row.time_first));
  case "last": return element("td", cls, dateOf(row.time_last));
  case "count": return element("td", cls, row.count.toLocaleString("en"));
  default: return element("td", cls, row.source);
  }
}

export function putHead(list, again) {
  const tr = $("rows").tHead.rows[0];
  tr.replaceChildren();
  for (const [name, text, cls] of list) {
    const th = element("th", cls), b = element("button", "", text);
    const sorted = state.sort === name;
    th.setAttribute("aria-sort", !sorted ? "none" : state.down ? "descending" : "ascending");
    if (sorted) b.textContent += state.down ? " ▾" : " ▴";
    b.addEventListener("click", () => {
      state.down = sorted ? !state.down : ["first", "last", "count"].includes(name);
      state.sort = name;
      again();
    });
    th.append(b);
    tr.append(th);
  }
  const when = element("th", "col-when");
  for (const [at, text] of ticksOf(state.axis)) {
    const tick = element("span", "tick-text", text);
    const part = (at - state.axis[0]) / (state.axis[1] - state.axis[0]);
    tick.style.left = `${part * 100}%`;
    if (part < 0.93) when.append(tick);
  }
  tr.append(when);
}

export function putRows(rows, list, go) {
  const body = $("rows").tBodies[0];
  body.replaceChildren(...rows.map((row) => {
    const tr = element("tr");
    tr.tabIndex = -1;
    for (const [name, , cls] of list) tr.append(cellOf(row, name, cls, go));
    const when = element("td", "when col-when");
    when.append(bar(row, state.axis, state.fence));
    tr.append(when);
    return tr;
  }));
  if (body.rows[0]) body.rows[0].tabIndex = 0;
}

export function putChips(again, fence) {
  const counts = new Map();
  for (const r of state.rows) if (touches(r.runs, state.fence)) counts.set(r.rrtype, (counts.get(r.rrtype) || 0) + 1);
  $("chips").replaceChildren();
  if (state.fence) {
    const b = element("button", "", `${dateOf(state.fence[0])} … ${dateOf(state.fence[1])} ×`);
    b.title = "the whole time again (Esc)";
    b.addEventListener("click", () => fence(null));
    $("chips").append(b);
  }
  for (const [type, n] of [...counts].sort((a, b) => b[1] - a[1])) {
    const b = element("button");
    b.append(element("span", "dot " + classOf(type)), `${type} ${n}`);
    b.setAttribute("aria-pressed", String(!state.off.has(type)));
    b.addEventListener("click", () => {
      if (!state.off.delete(type)) state.off.add(type);
      again();
    });
    $("chips").append(b);
  }
}
