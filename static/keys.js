// The keyboard: what each key does is listed in the dialog that "?" opens. Single keys
// can be turned off there, and do nothing while one types.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const live = () => $("live");
  const writes = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])";

  const single = $("single-keys");
  single.checked = localStorage.getItem("single-keys") !== "off";
  single.addEventListener("change", () => localStorage.setItem("single-keys", single.checked ? "on" : "off"));

  // Submits the form that is open, or opens the one for a new run.
  const submit = () => {
    const modal = document.querySelector("dialog:modal");
    const form = (modal ?? $("start")).querySelector("form[data-command]");
    if (modal || live().dataset.state === "ready") form?.requestSubmit(form.querySelector(".start"));
    else live().querySelector("[data-open=start]")?.click();
  };
  const load = () => {
    if (live().dataset.state === "ready") $("start").querySelector("[autofocus]")?.focus();
    else live().querySelector(":is([data-open=start], [data-open=edit])")?.click();
  };
  const search = () => {
    const box = live().querySelector("input[type=search]");
    box?.focus();
    box?.select();
  };

  const keys = {
    n: load,
    S: () => live().querySelector('form[action="stop"] button:enabled')?.click(),
    "/": search,
    t: () => {
      const choice = $("span");
      if (!choice) return;
      choice.open = true;
      choice.querySelector("summary").focus();
    },
  };
  for (let i = 1; i <= 9; i++) keys[i] = () => live().querySelector(`.tabs a[data-key="${i}"]`)?.click();

  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.repeat || e.isComposing) return;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !$("keys").open) {
      e.preventDefault();
      submit();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || !single.checked || e.target.closest?.(writes)) return;
    const modal = document.querySelector("dialog:modal");
    const act = e.key === "?" ? !$("keys").open && (() => live().querySelector("[data-open=keys]").click()) : !modal && keys[e.key];
    if (!act) return;
    e.preventDefault(); // the key is not typed into what it opens
    act();
  });
})();
