// The forms and their dialogs: filled in when they open, sent without leaving the page,
// each error beside its field.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const say = (id, text) => { const e = $(id); e.textContent = text; e.hidden = !text; };

  document.addEventListener("form", (e) => open(e.detail.dialog, e.detail.fill)); // app.js says so

  // Forms. What a form cannot know, such as a secret, stays as it was typed.
  const inputs = (form) => form.querySelectorAll(":is(input, select)[name]:not([data-unfilled])");
  const open = (dialog, fill) => {
    const values = new URLSearchParams(fill);
    for (const input of inputs(dialog)) {
      if (["checkbox", "radio"].includes(input.type)) input.checked = values.getAll(input.name).includes(input.value);
      else if (values.has(input.name)) input.value = values.get(input.name);
    }
    offerForce(dialog, false);
    blame(dialog, "", {});
    needHost();
    if (dialog.open) dialog.close();
    dialog.showModal();
    dialog.dispatchEvent(new Event("input")); // which draws its plan
  };
  const offerForce = (form, offer) => {
    const box = form.querySelector("[data-force]");
    if (box) box.hidden = !offer;
  };

  const blame = (form, problem, errors) => {
    let first = null;
    for (const note of form.querySelectorAll("[data-error]")) {
      const name = note.dataset.error, text = errors[name] || "";
      delete errors[name];
      note.textContent = text;
      for (const input of inputs(form)) {
        if (input.name !== name || input.type === "hidden") continue;
        if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
        if (text && !first) first = input;
      }
      if (text) note.closest("details")?.setAttribute("open", "");
    }
    const rest = Object.values(errors).join(" ");
    const top = form.querySelector("[data-problem]");
    if (top) {
      // What is said beside the fields need not be said twice.
      top.textContent = rest || (first ? "" : problem);
      top.hidden = !top.textContent;
    } else if (rest || problem) {
      say("trouble", rest || problem);
      setTimeout(() => say("trouble", ""), 6000);
    }
    first?.focus();
  };

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
    const answer = await send(form, e.submitter);
    button.ariaBusy = null;
    if (!answer.success) offerForce(form, answer.force);
    blame(form, answer.success ? "" : answer.message || "That did not work.", { ...answer.errors });
    if (answer.success) form.closest("dialog:modal")?.close();
  });

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
