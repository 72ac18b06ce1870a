// The time window: what a keyboard and a pointer can do beside its links.
"use strict";
(() => {
  const choice = () => document.getElementById("span");
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("#span") || e.target.closest("a[data-view]")) choice()?.removeAttribute("open");
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog:modal, #health[open]") || e.target.matches?.("input, textarea, select")) return;
    if (choice()?.open) {
      choice().removeAttribute("open");
      choice().querySelector("summary").focus();
    } else document.querySelector("#window .clear")?.click();
  });
})();
