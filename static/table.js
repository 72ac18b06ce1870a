// The tables: boxes that act while one types, what a reader likes to see remembered for
// the next visit, and rows that take a frame's numbers in without being made anew.
"use strict";
(() => {
  // Boxes. A form of class look becomes part of the page's address, as it would without
  // this script; the first page of what it leaves is shown.
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
  document.addEventListener("keydown", (e) => {
    const popover = e.key === "Escape" && document.querySelector("#columns[open]");
    if (popover) close(popover);
  });
  document.addEventListener("click", (e) => {
    const popover = document.querySelector("#columns[open]");
    if (popover && !e.target.closest?.("#columns")) popover.open = false;
  });
  const close = (popover) => {
    popover.open = false;
    popover.querySelector("summary").focus();
  };

  // What the server says is picked is what is ticked, once it is another set of columns.
  let picked = null;
  document.addEventListener("frame", () => {
    const form = document.querySelector("#columns form");
    if (!form || form.dataset.state === picked) return;
    picked = form.dataset.state;
    for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = box.defaultChecked;
  });

  // Memory. What changes of these while the page is open is kept, and is there again
  // when the page is opened without an address of its own.
  const remembered = ["cols", "p", "of", "size", "zone", "sort"], place = "gregaria.look";
  const recall = () => { try { return new URLSearchParams(localStorage.getItem(place) ?? ""); } catch { return new URLSearchParams(); } };
  if (!location.search) {
    const known = recall();
    if (known.size) history.replaceState(null, "", `?${known}`); // before app.js says what this page looks at
  }
  let last = location.search;
  document.addEventListener("frame", () => {
    if (location.search === last) return;
    const now = new URLSearchParams(location.search), before = new URLSearchParams(last), known = recall();
    last = location.search;
    for (const name of remembered) {
      if (now.get(name) === before.get(name)) continue;
      if (now.has(name)) known.set(name, now.get(name)); else known.delete(name);
    }
    try { localStorage.setItem(place, known); } catch { /* a browser that keeps nothing */ }
  });

  // Rows. A frame's rows are laid over those that are there cell by cell, which takes a
  // small part of the time that comparing all nodes and attributes would take.
  const text = (cell) => cell.childNodes.length === 1 && cell.firstChild.nodeType === 3 ? cell.firstChild : null;
  const attributes = (old, now) => {
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (old.attributes.length > now.attributes.length) {
      for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
    }
  };
  const layOver = (old, now) => {
    const a = text(old), b = text(now);
    if (a && b) {
      if (a.data !== b.data) a.data = b.data;
    } else if (old.childElementCount !== now.childElementCount || old.childNodes.length !== now.childNodes.length) {
      old.replaceChildren(...now.childNodes);
    } else {
      const nodes = [...now.childNodes];
      [...old.childNodes].forEach((o, i) => {
        const n = nodes[i];
        if (o.nodeType === 3 && n.nodeType === 3) { if (o.data !== n.data) o.data = n.data; }
        else if (o.nodeName !== n.nodeName) o.replaceWith(n);
        else layOver(o, n);
      });
    }
    attributes(old, now);
  };
  const rows = (body, fresh) => {
    const before = getSelection(), inside = before.rangeCount && !before.isCollapsed && body.contains(before.anchorNode);
    const ends = inside && [before.anchorNode, before.anchorOffset, before.focusNode, before.focusOffset];
    const there = new Map();
    for (const row of body.rows) there.set(row.id, row);
    const put = (row, where) => { // focus stays where a row is moved in one step
      if (row.isConnected && body.moveBefore) body.moveBefore(row, where); else body.insertBefore(row, where);
    };
    let place = body.firstElementChild;
    for (const now of [...fresh.rows]) {
      const old = there.get(now.id);
      there.delete(now.id);
      if (old !== place) put(old ?? now, place); else place = place.nextElementSibling;
      if (old && !old.isEqualNode(now)) {
        if (old.cells.length === now.cells.length) layOver(old, now); else old.replaceChildren(...now.childNodes);
      }
    }
    for (const row of there.values()) row.remove();
    if (ends && ends.every((n) => !n.nodeType || n.isConnected)) {
      const end = (node, offset) => Math.min(offset, node.nodeType === 3 ? node.length : node.childNodes.length);
      before.setBaseAndExtent(ends[0], end(ends[0], ends[1]), ends[2], end(ends[2], ends[3]));
    }
  };
  htmx.registerExtension("rows", {
    htmx_before_morph_node: (_, { oldNode, newNode }) => {
      if (!oldNode.matches?.("tbody[data-lines]")) return true;
      rows(oldNode, newNode);
      return false;
    },
  });
})();
