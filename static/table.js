// The table of rows: its choice of columns, and rows that take a frame's numbers in without
// being made anew.
"use strict";
(() => {
  // The choice of columns closes like a menu.
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
  // Of a long table, rows out of sight take their numbers in when they come into sight: or
  // when somebody could see them without that, and when the run is over.
  const many = 60, unseen = new WeakSet(), watched = new WeakSet(), due = new Map();
  const settle = (row) => {
    const now = due.get(row);
    if (!due.delete(row) || !row.isConnected || row.isEqualNode(now)) return;
    if (row.cells.length === now.cells.length) layOver(row, now); else row.replaceChildren(...now.childNodes);
  };
  const settleAll = () => holding(document.body, () => [...due.keys()].forEach(settle));
  // holding changes rows of a body and leaves what is selected in it selected.
  const holding = (body, change) => {
    const chosen = getSelection(), inside = chosen.rangeCount && !chosen.isCollapsed && body?.contains(chosen.anchorNode);
    const ends = inside && [chosen.anchorNode, chosen.anchorOffset, chosen.focusNode, chosen.focusOffset];
    change();
    if (!ends || !ends.every((n) => !n.nodeType || n.isConnected)) return;
    const end = (node, offset) => Math.min(offset, node.nodeType === 3 ? node.length : node.childNodes.length);
    chosen.setBaseAndExtent(ends[0], end(ends[0], ends[1]), ends[2], end(ends[2], ends[3]));
  };
  document.addEventListener("copy", settleAll, true);
  addEventListener("beforeprint", settleAll);
  const sight = new IntersectionObserver((list) => holding(list[0].target.parentNode, () => {
    for (const { target, isIntersecting } of list) {
      if (isIntersecting) unseen.delete(target); else unseen.add(target);
      if (isIntersecting) settle(target);
    }
  }));
  const rows = (body, fresh) => {
    const there = new Map();
    for (const row of body.rows) there.set(row.dataset.row, row);
    const put = (row, where) => { // focus stays where a row is moved in one step
      if (row.isConnected && body.moveBefore) body.moveBefore(row, where); else body.insertBefore(row, where);
    };
    const fast = fresh.rows.length <= many || document.getElementById("live").dataset.state === "stopped";
    due.clear();
    let place = body.firstElementChild;
    for (const now of [...fresh.rows]) {
      const id = now.dataset.row, old = there.get(id), row = old ?? now;
      there.delete(id);
      if (row === place) place = place.nextElementSibling; else put(row, place);
      if (!watched.has(row) && !fast) { watched.add(row); sight.observe(row); }
      if (!old) continue;
      due.set(row, now);
      if (fast || !unseen.has(row)) settle(row);
    }
    for (const row of there.values()) { sight.unobserve(row); watched.delete(row); unseen.delete(row); row.remove(); }
  };
  htmx.registerExtension("rows", {
    htmx_before_morph_node: (_, { oldNode, newNode }) => {
      if (!oldNode.matches?.("tbody[data-lines]")) return true;
      holding(oldNode, () => rows(oldNode, newNode));
      return false;
    },
  });
})();
