// Pictures: a bar a row, and how many records were seen over all of the time.
import { columnsOf, ticksOf } from "./spans.js";

const SVG = "http://www.w3.org/2000/svg";

export function part(parent, name, attributes, text) {
  const e = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  parent.append(e);
  return e;
}

export const classOf = (type) =>
  type === "A" || type === "AAAA" ? "address"
  : ["CNAME", "DNAME", "NS", "PTR", "MX", "SRV", "SOA", "HTTPS", "SVCB"].includes(type) ? "name"
  : "other";

function putFence(svg, fence, axis, width, height) {
  if (!fence) return;
  const x = (s) => Math.min(width, Math.max(0, (s - axis[0]) / (axis[1] - axis[0]) * width));
  const [a, b] = [x(fence[0]), x(fence[1])];
  part(svg, "rect", { class: "fence", x: a, y: 0, width: Math.max(b - a, 0.5), height });
  for (const edge of [a, b])
    part(svg, "line", { class: "fence-edge", x1: edge, x2: edge, y1: 0, y2: height });
}

const WIDE = 600;

export function bar(row, axis, fence) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDE} 22`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const [at] of ticksOf(axis)) {
    const x = (at - axis[0]) / (axis[1] - axis[0]) * WIDE;
    part(svg, "line", { class: "axis", x1: x, x2: x, y1: 0, y2: 22,
                        "vector-effect": "non-scaling-stroke" });
  }
  const cls = row.stated ? "stated" : classOf(row.rrtype);
  const [[from]] = columnsOf(row.runs.slice(0, 1), axis, WIDE);
  const [[, to]] = columnsOf(row.runs.slice(-1), axis, WIDE);
  if (!row.stated) part(svg, "rect", { class: cls, x: from, y: 10.5, width: to - from, height: 1 });
  let d = "";
  for (const [a, b] of columnsOf(row.runs, axis, WIDE)) d += `M${a} 6h${b - a}v10h${a - b}z`;
  part(svg, "path", { class: cls, d });
  putFence(svg, fence, axis, WIDE, 22);
  return svg;
}

// How many rows of each class were seen in each column, one upon the other.
function heights(rows, axis, columns) {
  const sums = { address: [], name: [], other: [] };
  for (const k in sums) sums[k] = new Float64Array(columns + 1);
  for (const row of rows)
    for (const [a, b] of columnsOf(row.runs, axis, columns)) {
      sums[classOf(row.rrtype)][a]++;
      sums[classOf(row.rrtype)][b]--;
    }
  for (const k in sums)
    for (let i = 1; i <= columns; i++) sums[k][i] += sums[k][i - 1];
  return sums;
}

export function overview(svg, rows, axis, fence) {
  const width = Math.max(svg.clientWidth || 800, 200), columns = Math.floor(width / 3);
  const tall = 62;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} 84`);
  const sums = heights(rows, axis, columns);
  let most = 1;
  for (let i = 0; i < columns; i++)
    most = Math.max(most, sums.address[i] + sums.name[i] + sums.other[i]);
  const below = new Float64Array(columns);
  for (const k of ["address", "name", "other"]) {
    let d = "";
    for (let i = 0; i < columns; i++) {
      const h = sums[k][i] / most * tall;
      if (h > 0) d += `M${i * width / columns} ${66 - below[i] - h}h${width / columns + 0.2}v${h}H${i * width / columns}z`;
      below[i] += h;
    }
    if (d) part(svg, "path", { class: k, d });
  }
  part(svg, "line", { class: "axis", x1: 0, x2: width, y1: 66, y2: 66 });
  part(svg, "text", { x: 2, y: 12 }, `${most} record${most > 1 ? "s" : ""}`);
  for (const [at, text] of ticksOf(axis)) {
    const x = (at - axis[0]) / (axis[1] - axis[0]) * width;
    part(svg, "line", { class: "axis", x1: x, x2: x, y1: 66, y2: 70 });
    if (x > 16 && x < width - 20) part(svg, "text", { x, y: 81, "text-anchor": "middle" }, text);
  }
  putFence(svg, fence, axis, width, 66);
}
