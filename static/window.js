// The time window: what a keyboard and a pointer can do beside its links.
"use strict";
(() => {
  const choice = () => document.getElementById("span");
  const shut = () => {
    choice().removeAttribute("open");
    choice().querySelector("summary").focus();
  };
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("#span") || e.target.closest("a[data-view]")) choice()?.removeAttribute("open");
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog:modal, #health[open], #columns[open]")) return;
    if (choice()?.open) shut();
    else if (!e.target.matches?.("input, textarea, select")) document.querySelector("#window .clear")?.click();
  });

  // The fields of any other time hold the one that is shown, to the second, when they come
  // into sight. A field left as it was stands for the very moment that it was filled from.
  const utc = () => when.zone() === "UTC";
  const worded = (ms) => {
    const t = new Date(ms), two = (n) => String(n).padStart(2, "0");
    const local = utc() ? t : new Date(t - t.getTimezoneOffset() * 60000);
    return `${local.getUTCFullYear()}-${two(local.getUTCMonth() + 1)}-${two(local.getUTCDate())}T${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  };
  const fields = (form) => [form.elements.from, form.elements.to];
  document.addEventListener("toggle", (e) => {
    const form = e.target.id === "span" && e.target.open && document.getElementById("moments");
    if (!form) return;
    const { from, to } = document.getElementById("window").dataset, filled = [Math.floor(from / 1000), Math.ceil(to / 1000)];
    fields(form).forEach((field, i) => {
      field.value = field.dataset.filled = worded(1000 * filled[i]);
      field.dataset.millis = [from, to][i];
    });
    form.querySelector(".error").textContent = "";
  }, true);
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.id !== "moments") return;
    e.preventDefault();
    const [from, to] = fields(form).map((f) => f.value === f.dataset.filled ? Number(f.dataset.millis) : Date.parse(f.value + (utc() ? "Z" : "")));
    if (!(from < to)) {
      form.querySelector(".error").textContent = "The end is not after the beginning.";
      form.elements.to.focus();
      return;
    }
    shut();
    document.dispatchEvent(new CustomEvent("stretch", { detail: [from / 1000, to / 1000] })); // to charts.js
  });
})();
