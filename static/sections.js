// The sections of the forms: the shares of scenarios and tasks, the rows of checks, the
// hosts that were used before, and the line in which each section says what it holds.
"use strict";
(() => {
  const all = (css, within) => [...within.querySelectorAll(css)];
  const forms = () => ["start", "edit"].map((id) => document.getElementById(id));
  const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;
  const share = (takesPart, part, whole) => takesPart && whole ? `${Math.round(100 * part / whole)}\u202f%` : "–";

  // Scenarios and tasks. What takes part shares the whole by weight; no scenario means all.
  const box = (row) => row.querySelector("input[name=user_classes]");
  const weight = (row) => {
    const input = row.querySelector(".weight input");
    const typed = Number(input?.value);
    return Number.isInteger(typed) && typed > 0 ? typed : Number(input?.placeholder ?? 0);
  };
  const picked = (rows) => rows.some((r) => box(r)?.checked) ? rows.filter((r) => box(r)?.checked) : rows;
  const off = (row) => all('input[name="task:on"]:not(:checked)', row).length;
  const divide = (list) => { // the tasks of a set
    const items = [...list.children].map((li) => ({ li, on: li.querySelector("input[name='task:on']")?.checked !== false, weight: Number(li.dataset.weight) }));
    const whole = items.reduce((sum, i) => sum + (i.on ? i.weight : 0), 0);
    for (const i of items) {
      const out = i.li.querySelector(":scope > [data-share]");
      if (out) out.textContent = share(i.on, i.weight, whole);
    }
  };
  const words = {
    picks: (section) => {
      const rows = all("[data-pick-row]:not([hidden])", section), chosen = picked(rows);
      const weighed = chosen.filter((r) => r.querySelector(".weight"));
      const whole = weighed.reduce((sum, r) => sum + weight(r), 0);
      const parts = [];
      for (const r of rows) {
        const out = r.querySelector(":scope > [data-share]"), tasks = r.querySelector("[data-tasks-sum]");
        if (out) out.textContent = share(chosen.includes(r), weight(r), whole);
        all("ul", r).forEach(divide);
        if (tasks) tasks.textContent = plural(all(":scope > .tasks > ul > li", r).length, "task", "tasks") + (off(r) ? `, ${off(r)} off` : "");
      }
      const fixed = !rows.some(box);
      if (!fixed && chosen.length === 1) parts.push(chosen[0].dataset.pickRow + (rows.length > 1 ? `, 1 of ${rows.length}` : ""));
      else if (!fixed) parts.push(chosen.length === rows.length ? `all ${rows.length}` : `${chosen.length} of ${rows.length}`);
      if (weighed.length > 1 && weighed.length <= 6) parts.push((fixed ? "" : "weights ") + weighed.map(weight).join(":"));
      const n = chosen.reduce((sum, r) => sum + off(r), 0);
      if (n) parts.push(`${plural(n, "task", "tasks")} off`);
      return parts.join(", ");
    },
    params: (section) => {
      const value = (i) => i.type === "checkbox" ? String(i.checked) : i.value;
      const changed = all(":is(input, select):not([type=hidden], [type=password])", section).filter((i) => value(i) && value(i) !== (i.dataset.standard ?? ""));
      return changed.map((i) => `${i.name} ${value(i)}`).join(", ") || "as by default";
    },
    checks: (section) => {
      const n = all("[name=checks]", section).filter((i) => i.value.trim()).length;
      const stop = section.querySelector("[name=check_stop]").value.trim();
      return n ? plural(n, "check", "checks") + (stop && `, stop after ${stop}`) : "none";
    },
    advanced: (section) => {
      const labels = all("input", section).map((i) => ({ value: i.value.trim(), label: i.labels[0].firstChild.textContent.trim().toLowerCase() }));
      const filled = labels.filter((l) => l.value).map((l) => `${l.label} ${l.value}`);
      return (filled.length ? filled : labels.map((l) => l.label)).join(", ");
    },
    plan: (section) => section.querySelector("figcaption")?.textContent ?? "", // there is none while it comes
  };
  // The edit form has a weight for each scenario; those of the run count.
  const onlyRunning = (form, names) => {
    const rows = all("[data-pick-row]", form);
    for (const row of rows) {
      row.hidden = !names.includes(row.dataset.pickRow);
      for (const input of all("input", row)) input.disabled = row.hidden;
    }
    form.querySelector("[data-section=picks]").hidden = rows.filter((r) => !r.hidden && r.querySelector(".weight")).length < 2;
  };
  const summarise = (form) => {
    for (const section of all("[data-section]", form)) {
      section.querySelector("[data-sum]").textContent = words[section.dataset.section](section);
    }
  };

  // Checks: one row each, and always one to fill in.
  const rowsOf = (form) => form.querySelector("[data-rows]");
  const addRow = (list) => {
    const row = list.lastElementChild.cloneNode(true), input = row.querySelector("input");
    input.value = "";
    input.placeholder = list.querySelector("input").list.options[list.children.length % 4].value;
    input.removeAttribute("aria-invalid");
    list.append(row);
    return input;
  };
  const setRows = (list, n) => {
    while (list.children.length > n) list.lastElementChild.remove();
    while (list.children.length < n) addRow(list);
  };

  // Hosts that a run was started with from this browser, the latest first.
  const remembered = () => { try { return JSON.parse(localStorage.getItem("hosts")) ?? []; } catch { return []; } };
  const remember = (host) => {
    try {
      const url = new URL(host);
      url.username = url.password = "";
      host = url.href.replace(/\/$/, "");
    } catch { return; }
    localStorage.setItem("hosts", JSON.stringify([host, ...remembered().filter((h) => h !== host)].slice(0, 10)));
    offerHosts();
  };
  const offer = (list, values) => {
    const known = new Set([...list.options].map((o) => o.value));
    for (const value of values) if (!known.has(value)) list.append(new Option("", value));
  };
  const offerHosts = () => {
    for (const input of document.querySelectorAll("[data-offering]")) offer(input.list, remembered());
  };
  // Endpoints that a check may be about: the rows there are now.
  const offerEndpoints = async (form) => {
    const response = await fetch("stats/requests").catch(() => null);
    const rows = response?.ok ? (await response.json()).stats : [];
    offer(form.querySelector("[data-endpoints]"), rows.filter((r) => r.name !== "Aggregated").slice(0, 40).map((r) => `${r.method ?? ""} ${r.name} p95 < 300ms`.trim()));
  };

  document.addEventListener("form", (e) => { // before forms.js fills it in
    const form = e.detail.dialog, list = rowsOf(form), values = new URLSearchParams(e.detail.fill);
    if (!list) return;
    setRows(list, 1 + values.getAll("checks").filter(Boolean).length);
    if (form.id === "edit") onlyRunning(form, values.getAll("user_classes"));
    offerEndpoints(form);
  });
  document.addEventListener("started", (e) => remember(e.detail)); // forms.js says so
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-add], [data-remove], [data-pick]"), form = button?.closest("dialog");
    if (!form) return;
    if ("add" in button.dataset) addRow(rowsOf(form)).focus();
    else if ("remove" in button.dataset) {
      const row = button.closest(".check-row"), next = row.nextElementSibling ?? row.previousElementSibling;
      if (next) row.remove(); else row.querySelector("input").value = "";
      (next ?? row).querySelector("input").focus();
    } else {
      for (const b of all("input[name=user_classes]", form)) if (b.type === "checkbox") b.checked = button.dataset.pick === "all";
    }
    form.querySelector("form").dispatchEvent(new Event("change", { bubbles: true }));
  });

  for (const form of forms()) {
    for (const button of all("[data-add], [data-remove], [data-pick]", form)) button.hidden = false;
    const list = rowsOf(form);
    setRows(list, 2 + all("input", list).findLastIndex((i) => i.value)); // errors tell which row they are about
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => summarise(form));
    new MutationObserver(() => summarise(form)).observe(form.querySelector(".preview"), { childList: true, subtree: true });
    summarise(form);
  }
  offerHosts();
})();
