// A report is drawn once: no frame ever comes.
"use strict";
when.tell(document.body);
document.dispatchEvent(new Event("frame"));
// On paper nothing can be unfolded.
const folded = new Set();
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) { folded.add(part); part.open = true; }
});
addEventListener("afterprint", () => {
  for (const part of folded) part.open = false;
  folded.clear();
});
