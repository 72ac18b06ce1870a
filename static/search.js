// Search boxes: what one types is looked at a moment later. Without a script they are
// forms to be sent by Enter.
"use strict";
(() => {
  let later = 0;
  const look = (form) => {
    clearTimeout(later);
    const query = new URLSearchParams(new FormData(form));
    if (!query.get("q")) query.delete("q");
    document.dispatchEvent(new CustomEvent("look", { detail: `?${query}` }));
  };
  const ours = (e) => e.target.closest?.("form[data-look]");
  document.addEventListener("input", (e) => {
    const form = ours(e);
    clearTimeout(later);
    if (form) later = setTimeout(look, 250, form);
  });
  document.addEventListener("submit", (e) => {
    const form = ours(e);
    if (!form) return;
    e.preventDefault();
    look(form);
  });
})();
