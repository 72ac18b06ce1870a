// What a reader likes to see is remembered for the next visit: what changes of it while
// the page is open is kept, and is there again when the page is opened without an address
// of its own.
"use strict";
(() => {
  const remembered = ["cols", "p", "of", "size", "zone", "sort"], place = "gregaria.look";
  const recall = () => { try { return new URLSearchParams(localStorage.getItem(place) ?? ""); } catch { return new URLSearchParams(); } };
  if (!location.search) {
    const known = recall();
    if (known.size) history.replaceState(null, "", `?${known}`); // before app.js says what this page looks at
  }
  // What is wrong is not what a reader likes to see.
  const sound = (name, text) => name !== "p" || text.split(/[,; ]+/).every((p) => !p || Number(p.toLowerCase().replace(/^p|%$/g, "")) <= 100);
  let last = location.search;
  document.addEventListener("frame", () => {
    if (location.search === last) return;
    const now = new URLSearchParams(location.search), before = new URLSearchParams(last), known = recall();
    last = location.search;
    for (const name of remembered) {
      if (now.get(name) === before.get(name)) continue;
      if (now.has(name) && !sound(name, now.get(name))) continue;
      if (now.has(name)) known.set(name, now.get(name)); else known.delete(name);
    }
    try { localStorage.setItem(place, known); } catch { /* a browser that keeps nothing */ }
  });
})();
