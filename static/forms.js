// The forms and their dialogs: filled in when they open, sent without leaving the page,
// each error beside its field.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const say = (id, text) => { const e = $(id); e.textContent = text; e.hidden = !text; };

  document.addEventListener("form", (e) => open(e.detail.dialog, e.detail.fill)); // app.js says so; sections.js, which comes before, has made room

  // Forms. What a form cannot know, such as a secret, stays as it was typed.
  const inputs = (form) => form.querySelectorAll(":is(input, select)[name]:not([data-unfilled])");
  const open = (dialog, fill) => {
    const values = new URLSearchParams(fill), seen = {};
    for (const input of inputs(dialog)) {
      const list = values.getAll(input.name), place = seen[input.name] = (seen[input.name] ?? -1) + 1;
      if (input.name === "task:on") input.checked = !values.getAll("tasks_off").includes(input.value);
      else if (input.name.startsWith("weight:")) input.value = weightIn(values, input.name.slice(7));
      else if (["checkbox", "radio"].includes(input.type)) input.checked = list.includes(input.value);
      else if (list.length) input.value = list[place] ?? "";
    }
    offerForce(dialog, false);
    touched.delete(dialog);
    blame(dialog, "", {});
    needHost();
    if (dialog.open) dialog.close();
    dialog.showModal();
    dialog.dispatchEvent(new Event("input")); // which draws its plan
  };
  const weightIn = (values, scenario) =>
    values.getAll("weights").find((w) => w.startsWith(scenario + "="))?.slice(scenario.length + 1) ?? "";
  const offerForce = (form, offer) => {
    const box = form.querySelector("[data-force]");
    if (box) box.hidden = !offer;
  };

  // The field whose errors an input's are.
  const fieldOf = (input) => input.name.startsWith("weight:") ? "weights" : input.name === "task:on" ? "tasks_off" : input.name;

  // Of the inputs of a field, those that its error is about.
  const blamed = (list, text) => {
    const lines = [...text.matchAll(/\bline (\d+):/g)].map((m) => list[m[1] - 1]);
    switch (list[0] && fieldOf(list[0])) {
      case "checks": return lines.length ? lines : list.filter((i) => i.value.trim());
      case "weights": return list.filter((i) => text.includes(` of ${i.name.slice(7)} `));
      case "tasks_off": case "user_classes": return [];
      default: return list;
    }
  };

  // mark puts errors beside their fields, only beside some of them if so told. It returns
  // the first input that is wrong, and what belongs to no field.
  const mark = (form, errors, only) => {
    const rest = { ...errors };
    let first = null;
    for (const note of form.querySelectorAll("[data-error]")) {
      const name = note.dataset.error, text = !only || only.has(name) ? errors[name] || "" : "";
      delete rest[name];
      if (note.textContent !== text) note.textContent = text;
      const list = [...inputs(form)].filter((i) => fieldOf(i) === name && i.type !== "hidden");
      const wrong = text ? blamed(list, text) : [];
      for (const input of list) {
        if (wrong.includes(input)) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      }
      if (text) first ??= wrong[0] ?? list[0] ?? null;
    }
    return { first, rest: Object.values(rest).join(" ") };
  };

  const blame = (form, problem, errors) => {
    const { first, rest } = mark(form, errors);
    for (const note of form.querySelectorAll("[data-error]")) {
      if (note.textContent) note.closest("details")?.setAttribute("open", "");
    }
    const top = form.querySelector("[data-problem]");
    if (top) {
      // What is said beside the fields need not be said twice.
      top.textContent = rest || (first ? "" : problem);
      top.hidden = !top.textContent;
    } else if (rest || problem) {
      say("trouble", rest || problem);
      setTimeout(() => say("trouble", ""), 6000);
    }
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "center", behavior: "instant" }); // well above the buttons, with what is said below it
  };

  // While one types, the server says what is wrong, and it is shown beside what was
  // touched. The latest question is the only one whose answer counts.
  const touched = new WeakMap(); // by dialog, the names of fields
  let due = 0, question = null;
  const touch = (dialog, names) => touched.set(dialog, new Set([...touched.get(dialog) ?? [], ...names]));
  const forget = () => { clearTimeout(due); question?.abort(); };
  const review = async (dialog) => {
    const form = dialog.querySelector("form"), asked = question = new AbortController();
    try {
      const response = await fetch("check", {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" }, signal: asked.signal,
      });
      const answer = await response.json();
      if (dialog.open && !asked.signal.aborted) mark(form, answer.errors ?? {}, touched.get(dialog));
    } catch { /* superseded, or no answer: the submit will tell */ }
  };
  for (const kind of ["input", "change", "focusout"]) {
    document.addEventListener(kind, (e) => {
      const dialog = e.target.closest?.("#start, #edit");
      if (!dialog?.open || e.target === dialog) return;
      if (e.target.name) {
        if (kind === "focusout" && touched.get(dialog)?.has(fieldOf(e.target))) return;
        touch(dialog, [fieldOf(e.target)]);
      } else if (kind !== "change") return;
      forget();
      due = setTimeout(review, 400, dialog);
    });
  }

  const send = async (form, submitter) => {
    const body = new URLSearchParams(new FormData(form, submitter));
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      try { return await response.json(); } catch {
        return { success: response.ok, message: `The server answered ${response.status}.` };
      }
    } catch {
      return { success: false, message: "Gregaria does not answer. Is it still running?" };
    }
  };

  document.addEventListener("submit", async (e) => {
    const form = e.target, button = e.submitter ?? form.querySelector("button");
    if (!form.matches("[data-command]")) return;
    e.preventDefault();
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    forget();
    const dialog = form.closest("dialog"), host = form.querySelector("#start [name=host]")?.value;
    if (dialog) touch(dialog, [...inputs(form)].map(fieldOf));
    const answer = await send(form, e.submitter);
    button.ariaBusy = null;
    if (!answer.success) offerForce(form, answer.force);
    blame(form, answer.success ? "" : answer.message || "That did not work.", { ...answer.errors });
    if (!answer.success) return;
    if (host) document.dispatchEvent(new CustomEvent("started", { detail: host }));
    form.closest("dialog:modal")?.close();
    if (form.action.endsWith("/reset") || dialog?.id === "start") begin();
  });
  // The numbers begin anew: a time chosen of those before, or a page of them, is gone.
  const begin = () => {
    const query = new URLSearchParams(location.search);
    for (const name of ["from", "to", "page", "open", "form"]) query.delete(name);
    const search = query.size ? `?${query}` : "";
    if (search !== location.search) document.dispatchEvent(new CustomEvent("look", { detail: search }));
  };

  // The host may be left empty only when every picked scenario has one.
  const needHost = () => {
    const boxes = [...document.querySelectorAll("#start input[type=checkbox][name=user_classes]")];
    const picked = boxes.some((b) => b.checked) ? boxes.filter((b) => b.checked) : boxes;
    const host = $("start").querySelector("input[name=host]");
    if (host) host.required = picked.some((b) => "hostless" in b.dataset);
  };
  document.addEventListener("change", needHost);

  // A form opened without this script's help is inline; with it, it is a dialog.
  for (const dialog of document.querySelectorAll("dialog[open]:not(.inline)")) {
    dialog.close();
    dialog.showModal();
  }
})();
