// The log: its newest line stays in sight unless the reader has scrolled away from it, and
// the tab's "!" stands for warnings that this browser has not shown yet.
"use strict";
(() => {
  const log = () => document.getElementById("log");
  let following = true;
  let shown = null; // the element that was there in the last frame

  const follow = () => {
    const e = log(), newest = document.getElementById("log-newest");
    if (e !== shown) following = true; // the tab has just been opened
    shown = e;
    if (e && following) e.scrollTop = e.scrollHeight;
    if (newest) newest.hidden = !e || following;
  };
  document.addEventListener("scroll", (e) => {
    if (e.target !== log()) return;
    following = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight < 24;
    const newest = document.getElementById("log-newest");
    if (newest) newest.hidden = following;
  }, true);
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("#log-newest")) return;
    e.preventDefault();
    following = true;
    follow();
  });

  // What was seen is kept for the next page, where a browser keeps anything.
  let seen = 0;
  try { seen = Number(localStorage.getItem("warned")); } catch { /* it keeps nothing */ }
  const remember = (warned) => {
    if (warned <= seen) return;
    seen = warned;
    try { localStorage.setItem("warned", warned); } catch { /* it keeps nothing */ }
  };
  const warn = () => {
    const tab = document.querySelector("a[data-warned]");
    if (!tab) return;
    const warned = Number(tab.dataset.warned);
    if (tab.hasAttribute("aria-current") && !document.hidden) remember(warned);
    tab.querySelector(".alert").hidden = warned <= seen;
  };

  document.addEventListener("frame", () => { follow(); warn(); });
  document.addEventListener("visibilitychange", warn);
})();
