// One question to the server: lines come back, the last one says how it ended.

let key = sessionStorage.getItem("yore-key") || "";

export function useKey(text) {
  key = text.trim();
  sessionStorage.setItem("yore-key", key);
}

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export function target(question, more) {
  const p = new URLSearchParams({ term: question.term, view: "rr", days: "t" });
  for (const name of ["from", "to"]) if (question[name]) p.set(name, question[name]);
  if (question.follow) p.set("follow", "t");
  for (const [k, v] of Object.entries(more || {})) p.set(k, v);
  return "api/v1/records?" + p;
}

export async function fetchFrom(path, signal) {
  const headers = key ? { "X-API-Key": key } : {};
  // without credentials a 401 comes here and not into the browser's own dialogue
  const r = await fetch(path, { headers, signal, credentials: "omit" });
  if (!r.ok) throw new Refused(r.status, (await r.text()).trim());
  return r;
}

// Records as they come to each(); returns what the last line said, or null: cut short.
export async function ask(path, signal, each) {
  const reader = (await fetchFrom(path, signal)).body
    .pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", end = null;
  const take = (line) => {
    if (!line) return;
    const o = JSON.parse(line);
    if (o.end) end = o.end;
    else each(o);
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.forEach(take);
  }
  take(rest);
  return end;
}
