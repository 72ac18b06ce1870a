// Boxes that become part of the page's address: what one types or ticks is looked at a
// moment later. Without this script they are forms to be sent by Enter.
"use strict";
(() => {
  const typingPause = 250; // ms
  let timer = 0;
  let typed = null; // the box whose text has made an entry of the history
  const search = (form) => {
    const query = new URLSearchParams(location.search);
    const fields = new Set([...form.elements].filter((e) => e.name && e.type !== "hidden").map((e) => e.name));
    for (const name of fields) {
      const values = new FormData(form).getAll(name).map((v) => v.trim()).filter(Boolean);
      if (values.length) query.set(name, values.join(",")); else query.delete(name);
    }
    query.delete("page");
    query.delete("form");
    return query.size ? `?${query}` : "";
  };
  const look = (form) => {
    clearTimeout(timer);
    if (!form.isConnected) return; // another tab of the page came in between
    const to = search(form);
    if (to === location.search) return;
    // While one types, Back leads to what was there before.
    if (typed === form) history.replaceState(null, "", to || location.pathname);
    typed = form;
    document.dispatchEvent(new CustomEvent("look", { detail: to }));
  };
  document.addEventListener("input", (e) => {
    const form = e.target.closest?.("form[data-look]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(look, e.target.type === "checkbox" ? 0 : typingPause, form);
  });
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("form[data-look]")) return;
    e.preventDefault();
    look(e.target);
  });
  document.addEventListener("click", (e) => {
    const box = e.target.closest?.("form[data-look] > a.clear")?.parentNode;
    if (!box) return;
    e.preventDefault();
    const input = box.querySelector("[type=search]");
    input.value = "";
    input.focus();
    look(box);
  });
  document.addEventListener("focusout", () => { typed = null; });
  // Back and forward lead to other texts, also of the box that has the focus, which frames
  // leave alone.
  addEventListener("popstate", () => {
    clearTimeout(timer);
    typed = null;
    const query = new URLSearchParams(location.search);
    for (const input of document.querySelectorAll("form[data-look] [type=search]")) input.value = query.get(input.name) ?? "";
  });
})();
