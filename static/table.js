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
  // The rows of a long table come as a text, a line for each: its id, a space, its element.
  // Lines become elements when their rows are in sight: or when somebody could see them
  // without that, and when the run is over.
  const unseen = new WeakSet(), watched = new WeakSet();
  const due = new Map();        // what rows have not taken in yet: an element or a line
  const taken = new WeakMap();  // the line that a row took in last
  const element = (line) => line.slice(line.indexOf(" ") + 1);
  const unfold = (lines) => {
    if (!lines.length) return [];
    const table = `<table><tbody>${lines.map(element).join("")}</tbody></table>`;
    return [...new DOMParser().parseFromString(table, "text/html").querySelectorAll("tr")];
  };
  const settle = (rows) => {
    const late = rows.filter((row) => row.isConnected && due.has(row) && taken.get(row) !== due.get(row));
    const folded = late.filter((row) => typeof due.get(row) === "string");
    const made = unfold(folded.map((row) => due.get(row)));
    for (const row of late) taken.delete(row);
    folded.forEach((row, i) => { taken.set(row, due.get(row)); due.set(row, made[i]); });
    for (const row of late) {
      const now = due.get(row);
      if (row.isEqualNode(now)) continue;
      if (row.cells.length === now.cells.length) layOver(row, now); else row.replaceChildren(...now.childNodes);
    }
    for (const row of rows) due.delete(row);
  };
  const settleAll = () => holding(document.body, () => settle([...due.keys()]));
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
    }
    settle(list.filter((e) => e.isIntersecting).map((e) => e.target));
  }));
  const rows = (body, fresh) => {
    const there = new Map();
    for (const row of body.rows) there.set(row.dataset.row, row);
    const put = (row, where) => { // focus stays where a row is moved in one step
      if (row.parentNode === body && body.moveBefore) body.moveBefore(row, where); else body.insertBefore(row, where);
    };
    const text = fresh.querySelector("script")?.textContent, folded = text !== undefined;
    const news = folded ? text.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line])
      : [...fresh.rows].map((row) => [row.dataset.row, row]);
    const added = news.filter(([id]) => !there.has(id)).map(([, now]) => now);
    const made = folded ? unfold(added) : added;
    due.clear();
    let place = body.firstElementChild, next = 0;
    const now = [];
    for (const [id, what] of news) {
      const old = there.get(id), row = old ?? made[next++];
      there.delete(id);
      if (row === place) place = place.nextElementSibling; else put(row, place);
      if (folded && !watched.has(row)) { watched.add(row); sight.observe(row); }
      if (!old) { if (folded) taken.set(row, what); continue; }
      due.set(row, what);
      if (!folded || !unseen.has(row)) now.push(row);
    }
    settle(folded && document.getElementById("live").dataset.state === "stopped" ? [...due.keys()] : now);
    for (const row of there.values()) { sight.unobserve(row); watched.delete(row); unseen.delete(row); row.remove(); }
  };
  // Where there were no rows to lay them over, they all become elements.
  document.addEventListener("htmx:before:swap", (e) => {
    if (document.querySelector("tbody[data-lines]")) return;
    for (const { fragment } of e.detail.tasks) {
      const folded = fragment?.querySelector("tbody[data-lines] > script");
      if (folded) folded.replaceWith(...unfold(folded.textContent.split("\n")));
    }
  });
  htmx.registerExtension("rows", {
    htmx_before_morph_node: (_, { oldNode, newNode }) => {
      if (!oldNode.matches?.("tbody[data-lines]")) return true;
      holding(oldNode, () => rows(oldNode, newNode));
      return false;
    },
  });
})();
