// Times of records as runs of days, and where they fall on an axis.

export const DAY = 86400;

const pad = (n) => String(n).padStart(2, "0");
export const dateOf = (s) => {
  const d = new Date(s * 1000);
  return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
};

// Runs [first second, last second + 1] of the days seen; of an interval, the whole of it.
export function runsOf(record) {
  if (!record.months)
    return [[record.time_first, Math.max(record.time_last, record.time_first) + 1]];
  const runs = [];
  for (const month of Object.keys(record.months).sort()) {
    const [year, m] = month.split("-").map(Number);
    for (const day of record.months[month]) {
      const from = Date.UTC(year, m - 1, day) / 1000;
      const last = runs[runs.length - 1];
      if (last && last[1] === from) last[1] = from + DAY;
      else runs.push([from, from + DAY]);
    }
  }
  return runs;
}

export const touches = (runs, fence) =>
  !fence || runs.some(([from, to]) => from < fence[1] && to > fence[0]);

// The time all rows lie in, with a margin, never less than a week.
export function axisOf(rows) {
  let from = Infinity, to = -Infinity;
  for (const row of rows) {
    from = Math.min(from, row.runs[0][0]);
    to = Math.max(to, row.runs[row.runs.length - 1][1]);
  }
  const margin = Math.max((to - from) * 0.01, 3.5 * DAY);
  return [from - margin, to + margin];
}

// Which of `columns` columns the runs touch, as [first column, column behind] pairs.
export function columnsOf(runs, axis, columns) {
  const scale = columns / (axis[1] - axis[0]);
  const out = [];
  for (const [from, to] of runs) {
    const a = Math.max(0, Math.floor((from - axis[0]) * scale));
    const b = Math.min(columns, Math.max(a + 1, Math.ceil((to - axis[0]) * scale)));
    const last = out[out.length - 1];
    if (last && a <= last[1]) last[1] = Math.max(last[1], b);
    else if (a < columns) out.push([a, b]);
  }
  return out;
}

// Where the axis is labelled: years, or months where there are few years.
export function ticksOf(axis) {
  const years = (axis[1] - axis[0]) / (365.25 * DAY);
  const step = years > 12 ? 24 : years > 5 ? 12 : years > 1.5 ? 6 : years > 0.4 ? 2 : 1;
  const start = new Date(axis[0] * 1000);
  const ticks = [];
  let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  for (;; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
    if (at >= axis[1]) return ticks;
    if (at > axis[0])
      ticks.push([at, month % 12 === 0 ? String(month / 12) : dateOf(at).slice(0, 7)]);
  }
}
