// What the page shows, and how it writes names, addresses and elements.

export const state = {
  question: null, rows: [], end: null, axis: null, fence: null,
  off: new Set(), sort: "last", down: true, defang: true, asking: null,
};

export const $ = (id) => document.getElementById(id);

export const isAddress = (t) => /^[0-9.]+$/.test(t) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(t);
export const defanged = (t) => !state.defang ? t
  : t.includes(":") && isAddress(t) ? t.replace(/:(?=[^:]*$)/, "[:]")
  : t.replace(/\.(?=[^.\s]+$)/, "[.]");
export const fanged = (t) => t.trim().replace(/\[(\.|dot)\]|\((\.|dot)\)/gi, ".").replace(/\[:\]/g, ":");
export const wordOf = (row) => row.rdata.join(" ");

// What asking for this rdata means: its address or name, if it has one.
export function pivotOf(row) {
  const last = wordOf(row).split(" ").pop().replace(/\.$/, "");
  if (row.rrtype === "TXT" || row.rrtype === "SOA") return null;
  return isAddress(last) || /^[^"\s]+\.[^"\s]+$/.test(last) ? last : null;
}

export function element(name, cls, text) {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}
