// What a reader has typed outlives a new build of the program. While gregaria dev builds
// it, the page says what hinders that, and gives way when the program does not start.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id), place = "gregaria.typed";
  const choices = (form) => [...form.querySelectorAll("input[name=user_classes]:not([type=hidden])")];

  // A form as the address that would fill it. Passwords are typed again.
  const typed = (form) => {
    const fill = new URLSearchParams();
    for (const input of form.querySelectorAll(":is(input, select)[name]:not([data-unfilled], [type=password])")) {
      if (input.name === "task:on") { if (!input.checked) fill.append("tasks_off", input.value); }
      else if (input.name.startsWith("weight:")) fill.append("weights", `${input.name.slice(7)}=${input.value}`);
      else if (!["checkbox", "radio"].includes(input.type) || input.checked) fill.append(input.name, input.value);
    }
    return fill;
  };

  const anew = $("anew"), say = (text) => {
    anew.querySelector("p").textContent = text;
    anew.hidden = !text;
  };
  const keep = () => {
    const form = ["start", "edit"].map($).find((d) => d?.open);
    if (!anew.hidden) sessionStorage.setItem(`${place}.said`, anew.querySelector("p").textContent);
    if (!form) return;
    const at = form.contains(document.activeElement) ? document.activeElement : null;
    sessionStorage.setItem(place, JSON.stringify({
      id: form.id, fill: typed(form).toString(), known: choices(form).map((i) => i.value),
      at: at?.id, from: at?.selectionStart, to: at?.selectionEnd,
    }));
  };
  document.addEventListener("renew", keep); // app.js says so before it loads the page anew

  const recall = () => {
    say(sessionStorage.getItem(`${place}.said`) ?? "");
    sessionStorage.removeItem(`${place}.said`);
    const kept = JSON.parse(sessionStorage.getItem(place)), form = kept && $(kept.id);
    sessionStorage.removeItem(place);
    const state = $("live").dataset.state, inline = form?.open && !form.matches(":modal");
    if (!form || (kept.id === "edit") !== ["spawning", "running", "paused"].includes(state)) return;
    const fill = new URLSearchParams(kept.fill);
    for (const i of choices(form)) if (i.checked && !kept.known.includes(i.value)) fill.append(i.name, i.value); // it is new
    document.dispatchEvent(new CustomEvent("form", { detail: { dialog: form, fill } }));
    if (inline) { form.close(); form.show(); }
    const at = kept.at && $(kept.at);
    if (!at || !form.contains(at)) return;
    at.focus();
    if (kept.from != null) at.setSelectionRange(kept.from, kept.to);
  };
  try { recall(); } catch { /* a browser that keeps nothing */ }

  // A program started anew knows nothing of the run that was on the page before, which is
  // said. The form holds what that was asked for, unless somebody was filling it in.
  let program = $("live").dataset.program, asked = $("live").dataset.asked;
  anew.querySelector("button").addEventListener("click", () => say(""));
  document.addEventListener("htmx:ws:after:message:incoming", () => { // before app.js closes a dialog
    const live = $("live"), before = asked, typing = document.querySelector("#start:modal");
    asked = live.dataset.asked;
    if (before === "" && asked) say(""); // the next run has begun
    if (live.dataset.program === program) return;
    program = live.dataset.program;
    if (!before || "dev" in live.dataset) return; // gregaria dev keeps the numbers
    const ready = live.dataset.state === "ready";
    say("Gregaria was started anew: the run that was on this page is gone, and its numbers with it." +
      (ready ? " The form holds what it was asked for." : " This is another run."));
    if (!ready || typing) return;
    document.dispatchEvent(new CustomEvent("form", { detail: { dialog: $("start"), fill: before } }));
    $("start").close();
    $("start").show();
  });

  let news = $("live").dataset.news ?? "";
  document.addEventListener("frame", () => {
    const now = $("live").dataset.news ?? "";
    if (now === news) return;
    news = now;
    $("announce").textContent = now ? `${now}.` : "The latest change builds.";
  });

  // Another page answers in place of a program that does not start.
  let asking = 0;
  document.addEventListener("htmx:ws:close", () => {
    if (!("dev" in $("live").dataset)) return;
    asking ||= setInterval(async () => {
      try {
        const response = await fetch("healthz");
        if (!response.headers.has("Gregaria-Waiting")) return;
        keep();
        location.reload();
      } catch { /* nobody answers: the next time */ }
    }, 1000);
  });
  document.addEventListener("htmx:ws:after:message:incoming", () => { clearInterval(asking); asking = 0; });
})();
