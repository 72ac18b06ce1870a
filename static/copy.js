// Buttons that copy a text of the page. Without a script there is nothing they could do,
// so they come hidden.
"use strict";
(() => {
  const reveal = () => { for (const b of document.querySelectorAll("[data-copy][hidden]")) b.hidden = false; };

  // Away from localhost, without TLS, the browser has no clipboard to write to, and
  // elsewhere it may refuse: then it is told to copy as if by hand, and says by an event
  // whether it does. What it takes is the text itself, line by line.
  const byHand = (text) => {
    const from = document.activeElement, box = document.createElement("textarea");
    let taken = false;
    const take = (e) => {
      e.clipboardData.setData("text/plain", text);
      e.preventDefault();
      taken = true;
    };
    box.className = "unseen";
    box.value = text;
    document.body.append(box);
    box.select();
    document.addEventListener("copy", take);
    const done = document.execCommand("copy");
    document.removeEventListener("copy", take);
    box.remove();
    from?.focus?.({ preventScroll: true });
    return done && taken;
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byHand(text);
    }
  };
  // A text that could not be copied is put in sight and selected, for the reader to copy.
  const offer = (source) => {
    source.closest("details")?.setAttribute("open", "");
    source.classList.remove("unseen");
    getSelection().selectAllChildren(source);
    source.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", async (e) => {
    const button = e.target.closest?.("[data-copy]");
    const source = button?.closest("[data-copies]")?.querySelector(`[data-text="${button.dataset.copy}"]`);
    if (!source) return;
    const label = button.dataset.label ??= button.textContent, copied = await copy(source.textContent);
    if (!copied) offer(source);
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    document.getElementById("announce").textContent = copied ? "Copied" : "The browser copies nothing: the text is selected, press Ctrl+C";
    setTimeout(() => { button.textContent = label; }, copied ? 1800 : 6000);
  });
  document.addEventListener("frame", reveal);
  reveal();
})();
