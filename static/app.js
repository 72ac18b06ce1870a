// The page's own script. The server draws everything but the charts; this sends up
// what the reader looks at, keeps forms and dialogs working, says when the numbers
// are old, and hands the charts their data. Text goes in as text, never as markup.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const say = (id, text) => { const e = $(id); e.textContent = text; e.hidden = !text; };
  const active = () => ["spawning", "running", "stopping"].includes($("live").dataset.state);

  // The connection. hx-ws opens it, swaps frames in and reconnects.
  let connection = null; // what hx-ws keeps of it
  let socket = null;   // the latest
  let wasOpen = false; // whether there ever was one: without, links are plain links
  let frameAt = new Date();
  let lateness = 0;    // timer until a loss is worth saying
  const build = $("live").dataset.build;

  const lookAt = () => {
    if (connection) connection.url = connection.url.split("?")[0] + location.search; // for when it is made again
    if (socket?.readyState === WebSocket.OPEN) socket.send(location.search.slice(1));
  };

  const lost = () => {
    const at = frameAt.toLocaleTimeString("en-GB");
    document.body.classList.add("offline");
    say("offline", `Disconnected — numbers are from ${at}; reconnecting…`);
  };
  const found = () => {
    clearTimeout(lateness);
    lateness = 0;
    frameAt = new Date();
    document.body.classList.remove("offline");
    say("offline", "");
  };

  document.addEventListener("htmx:ws:before:connection", (e) => {
    connection = e.detail.connection;
    lookAt();
  });
  document.addEventListener("htmx:ws:after:connection", (e) => {
    socket = e.detail.connection.socket;
    wasOpen = true;
    frameAt = new Date(); // the watch below counts from here
    if (new URL(socket.url).search !== location.search) lookAt(); // it changed while the socket opened
  });
  document.addEventListener("htmx:ws:close", () => {
    if (!document.hidden && !lateness) lateness = setTimeout(lost, 800);
  });
  document.addEventListener("htmx:ws:after:message:incoming", () => { found(); show(); });

  // A connection can be dead without being closed: while a test runs there is a frame each second.
  setInterval(() => {
    if (document.hidden || socket?.readyState !== WebSocket.OPEN || !active()) return;
    if (Date.now() - frameAt > 6000) { lost(); socket.close(4000, "no news"); }
  }, 1000);

  // After each frame: what is outside the frame follows it.
  let state = $("live").dataset.state;
  const show = () => {
    const live = $("live"), start = $("start"), edit = $("edit");
    if (live.dataset.build !== build && sessionStorage.getItem("build") !== live.dataset.build) {
      sessionStorage.setItem("build", live.dataset.build); // once, lest a stale cache loops
      location.reload();
      return;
    }
    document.title = document.hidden ? "Gregaria" : live.dataset.title;
    if (live.dataset.state !== state) {
      state = live.dataset.state;
      $("announce").textContent = `The load test is ${state}.`;
    }
    if (state === "ready") {
      if (start.matches(":modal")) start.close();
      if (!start.open) start.show();
    } else if (start.open && !start.matches(":modal")) start.close();
    if (edit.open && !["spawning", "running"].includes(state)) edit.close();
    for (const t of live.querySelectorAll("time[datetime]")) {
      t.textContent = new Date(t.dateTime).toLocaleTimeString("en-GB");
    }
    draw();
  };
  // A hidden page gets no frames, so its title must not claim a state.
  document.addEventListener("visibilitychange", () => { document.title = document.hidden ? "Gregaria" : $("live").dataset.title; });
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

  // Links that change the view.
  addEventListener("popstate", lookAt);
  document.addEventListener("click", (e) => {
    const plain = !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button);
    const link = e.target.closest?.("a[data-view], a[data-open], a[data-close]");
    if (!link || !plain) return;
    if ("open" in link.dataset) {
      e.preventDefault();
      open($(link.dataset.open), link.dataset.fill);
    } else if ("close" in link.dataset) {
      e.preventDefault();
      link.closest("dialog").close();
    } else if (wasOpen) {
      e.preventDefault();
      if (link.search !== location.search) history.pushState(null, "", link.search || location.pathname);
      lookAt();
    }
  });
  document.addEventListener("keydown", (e) => { // a link that acts as a button answers to the space bar
    if (e.key === " " && e.target.matches?.("a[role=button]")) { e.preventDefault(); e.target.click(); }
  });

  // Forms.
  const open = (dialog, fill) => {
    const values = new URLSearchParams(fill);
    for (const input of dialog.querySelectorAll("input[name]:not([type=hidden])")) {
      if (input.type === "checkbox") input.checked = values.getAll(input.name).includes(input.value);
      else if (values.has(input.name)) input.value = values.get(input.name);
    }
    blame(dialog, "", {});
    needHost();
    if (dialog.open) dialog.close();
    dialog.showModal();
  };

  const blame = (form, problem, errors) => {
    let first = null;
    for (const note of form.querySelectorAll("[data-error]")) {
      const name = note.dataset.error, text = errors[name] || "";
      delete errors[name];
      note.textContent = text;
      for (const input of form.querySelectorAll("input[name]:not([type=hidden])")) {
        if (input.name !== name) continue;
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
    blame(form, answer.success ? "" : answer.message || "That did not work.", { ...answer.errors });
    if (answer.success) form.closest("dialog:modal")?.close();
  });

  // The host may be left empty only when every picked scenario has one.
  const needHost = () => {
    const boxes = [...document.querySelectorAll("#start input[type=checkbox]")];
    const picked = boxes.some((b) => b.checked) ? boxes.filter((b) => b.checked) : boxes;
    const host = $("start").querySelector("input[name=host]");
    if (host) host.required = picked.some((b) => "hostless" in b.dataset);
  };
  document.addEventListener("change", needHost);

  // Charts. They live in an element that frames leave alone.
  // A canvas needs a colour resolved; a custom property resolves only as some element's colour.
  const colour = (name) => {
    const probe = $("charts") ?? document.body;
    probe.style.setProperty("accent-color", `var(--${name})`);
    return getComputedStyle(probe).accentColor;
  };
  const spaced = (x) => x == null ? "–" : x.toLocaleString("en", { maximumFractionDigits: x < 100 ? 1 : 0 }).replaceAll(",", "\u202f");
  const time = (s, seconds = true) => new Date(s * 1000).toLocaleTimeString("en-GB", seconds ? {} : { hour: "2-digit", minute: "2-digit" });
  const kinds = {
    rate: [["Requests/s", "rps", "sand-line"], ["Failures/s", "fps", "bad"]],
    time: [["p50", "p50", "sand-line"], ["p95", "p95", "ink"]],
    users: [["Users", "users", "sand-line"]],
  };
  let plots = [];

  // The legend says the latest numbers while the cursor is elsewhere.
  const latest = (u) => { if (u.cursor.idx == null) u.setLegend({ idx: u.data[0].length - 1 }, false); };

  const plot = (box, lines, data) => {
    const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return new uPlot({
      width: box.clientWidth, height: box.dataset.chart === "users" ? 112 : 156, padding: [14, 4, 0, 0],
      hooks: { setCursor: [latest] },
      cursor: { sync: { key: "run" }, focus: { prox: 24 }, points: { size: 7 } },
      legend: { markers: { width: 0, fill: (u, i) => i ? colour(lines[i - 1][2]) : "transparent" } },
      scales: { y: { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        { ...axis, size: 30, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400], values: (u, at, i, space, step) => at.map((s) => time(s, step < 60)) },
        { ...axis, size: 58, values: (u, at) => at.map(spaced) },
      ],
      series: [
        { label: "", value: (u, s) => s == null ? "–" : time(s) },
        ...lines.map(([label, , name]) => ({
          label, stroke: () => colour(name), width: 1.5, points: { show: data[0].length < 3 },
          value: (u, x) => spaced(x), paths: label === "Users" ? uPlot.paths.stepped({ align: 1 }) : undefined,
        })),
      ],
    }, data, box);
  };

  const draw = () => {
    const source = $("series");
    plots = plots.filter((p) => p.root.isConnected || p.destroy());
    if (!source) return;
    const all = JSON.parse(source.dataset.series);
    for (const box of document.querySelectorAll("[data-chart]")) {
      const lines = kinds[box.dataset.chart], data = [all.t, ...lines.map(([, key]) => all[key])];
      const old = plots.find((p) => p.root.parentNode === box);
      if (!old) {
        plots.push(plot(box, lines, data));
        latest(plots.at(-1));
        resized.observe(box);
        continue;
      }
      const { min, max } = old.scales.x, seen = old.data[0];
      const whole = min <= seen[0] && max >= seen[seen.length - 1]; // not looked at more closely
      old.setData(data, whole);
      if (!whole) old.redraw();
      latest(old);
    }
  };
  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const p = plots.find((p) => p.root.parentNode === target);
      if (p && contentRect.width) p.setSize({ width: contentRect.width, height: p.height });
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach((p) => p.redraw(false)));

  // A form opened without this script's help is inline; with it, it is a dialog.
  for (const dialog of document.querySelectorAll("dialog[open]:not(.inline)")) {
    dialog.close();
    dialog.showModal();
  }
  show();

  // Only now that everything above listens, whichever script came last.
  $("wire").setAttribute("hx-ws:connect", $("wire").dataset.connect);
  htmx.process($("wire"));
})();
