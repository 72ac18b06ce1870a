// The page's colours: as the system has them, light, or dark. It runs before the first
// paint, so that a page of one colour never flashes in the other. Who draws with colours
// of their own listens to the event.
"use strict";
(() => {
  const next = { auto: "light", light: "dark", dark: "auto" };
  const changed = () => document.dispatchEvent(new Event("theme"));
  const show = (theme) => {
    document.documentElement.dataset.theme = Object.hasOwn(next, theme) ? theme : "auto";
    changed();
  };
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* it lasts as long as the page */ } };

  show(kept());
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("#theme-button")) return;
    const theme = next[document.documentElement.dataset.theme];
    keep(theme);
    show(theme);
  });
  addEventListener("storage", (e) => { if (e.key === "theme") show(e.newValue); }); // it was chosen in another tab
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
})();
