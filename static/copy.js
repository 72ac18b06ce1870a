// Buttons that copy a text of the page. Without a script there is nothing they could do,
// so they come hidden.
"use strict";
(() => {
  const reveal = () => { for (const b of document.querySelectorAll("[data-copy][hidden]")) b.hidden = false; };

  // Away from localhost, without TLS, the browser has no clipboard to write to: there the
  // text is selected and copied like by hand.
  const byHand = (source) => {
    const range = document.createRange(), selection = getSelection();
    range.selectNodeContents(source);
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };
  const copy = async (source) => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      return byHand(source);
    }
  };

  document.addEventListener("click", async (e) => {
    const button = e.target.closest?.("[data-copy]");
    const source = button?.closest("[data-copies]")?.querySelector(`[data-text="${button.dataset.copy}"]`);
    if (!source) return;
    const label = button.dataset.label ??= button.textContent;
    button.textContent = await copy(source) ? "Copied" : "Press Ctrl+C";
    document.getElementById("announce").textContent = button.textContent;
    setTimeout(() => { button.textContent = label; }, 1800);
  });
  document.addEventListener("frame", reveal);
  reveal();
})();
