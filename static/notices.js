// The line of notices: it unfolds, and what was dismissed stays away until something else is
// to be said, or the page is loaded anew.
"use strict";
(() => {
  const box = () => document.getElementById("notices");
  const dismissed = new Set();
  let open = false;
  const words = (p) => p.textContent.replace(/[\d.,\u202f\u00a0]+/g, "#"); // numbers in them grow
  const show = () => {
    const line = box();
    if (!line) return;
    const more = line.querySelector("[data-notices=all]");
    for (const p of line.querySelectorAll("p")) p.hidden = dismissed.has(words(p));
    const said = [...line.querySelectorAll("p:not([hidden])")];
    line.hidden = !said.length;
    if (line.hidden) return;
    line.classList.toggle("open", open);
    more.ariaExpanded = String(open);
    more.textContent = open ? "Less" : said.length > 1 ? `All ${said.length}` : "More";
    more.hidden = !open && said.length === 1 && said[0].scrollWidth <= said[0].clientWidth;
  };
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-notices]");
    if (!button) return;
    if (button.dataset.notices === "none") {
      for (const p of box().querySelectorAll("p")) dismissed.add(words(p));
      open = false;
      document.getElementById("content").focus({ preventScroll: true });
    } else open = !open;
    show();
  });
  document.addEventListener("frame", show);
  addEventListener("resize", show);
  show();
})();
