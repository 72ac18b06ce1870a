// The page's own script. The server draws everything but the charts, which charts.js
// does; this sends up what the reader looks at and says when the numbers are old.
// Text goes in as text, never as markup.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const say = (id, text) => { const e = $(id); e.textContent = text; e.hidden = !text; };
  const active = () => ["spawning", "running", "paused", "stopping"].includes($("live").dataset.state);

  // The connection. hx-ws opens it, swaps frames in and reconnects.
  let connection = null; // what hx-ws keeps of it
  let socket = null;   // the latest
  let wasOpen = false; // whether there ever was one: without, links are plain links
  let frameAt = new Date();
  let lateness = 0;    // timer until a loss is worth saying
  const build = $("live").dataset.build;

  // What the browser's tab says.
  const entitle = () => {
    const lost = document.body.classList.contains("offline");
    document.title = document.hidden ? "Gregaria" : lost ? "disconnected · Gregaria" : $("live").dataset.title;
  };

  // The keyboard's place. What had it may be gone with a frame: then it is at the row that
  // one comes back from, or else at the beginning of what is shown.
  const rowHere = () => new URLSearchParams(location.search).get("row");
  let here = rowHere(), left = null; // rows whose own page is, and was before, in sight
  let held = null;                   // what has the focus within the frame
  document.addEventListener("focusin", (e) => { held = e.target.closest?.("#live") ? e.target : null; });
  const takeUp = () => {
    const at = document.activeElement, content = $("content");
    if (!content) return;
    const row = left && !here && held && content.querySelector(`tr[data-row="${CSS.escape(left)}"] .name a:not(.pin)`);
    if (!$("endpoint-name")) left = null; // it is gone: who is elsewhere by now stays there
    if (at !== document.body && at !== content) return;
    if (row) row.focus();
    else if (held && !held.isConnected) content.focus({ preventScroll: true });
  };

  const lookAt = () => {
    [left, here] = [here, rowHere()];
    if (connection) connection.url = connection.url.split("?")[0] + location.search; // for when it is made again
    if (socket?.readyState === WebSocket.OPEN) socket.send(location.search.slice(1));
  };

  const lost = () => {
    const offline = $("offline"), told = offline.querySelector("[role=status]"), age = offline.querySelector(".age");
    const seconds = Math.round((Date.now() - frameAt) / 1000);
    document.body.classList.add("offline");
    entitle();
    offline.hidden = false;
    told.textContent = `Disconnected — numbers are from ${when.clock(frameAt)}; reconnecting…`;
    age.textContent = seconds < 120 ? `${seconds} s old` : `${Math.floor(seconds / 60)} min old`;
  };
  const found = () => {
    clearTimeout(lateness);
    lateness = 0;
    frameAt = new Date();
    document.body.classList.remove("offline");
    $("offline").hidden = true;
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
  // Who has logged out elsewhere, or was logged out, is shown where to log in: at once when
  // the server says so, otherwise when it turns the new connection away.
  const ask = async () => {
    if (!$("reader")) return;
    const answer = await fetch("login", { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.ok) location.reload(); // who is in is led away from there
  };
  document.addEventListener("htmx:ws:close", (e) => {
    if (e.detail.code === 4401) { location.reload(); return; }
    if (!document.hidden && e.detail.code === 1006) ask();
    if (!document.hidden && !lateness) lateness = setTimeout(lost, 800);
  });
  document.addEventListener("htmx:ws:after:message:incoming", () => { found(); show(); });

  // A connection can be dead without being closed: while a test runs there is a frame each second.
  setInterval(() => {
    if (document.body.classList.contains("offline")) lost(); // which grow older
    if (document.hidden || socket?.readyState !== WebSocket.OPEN || !active()) return;
    if (Date.now() - frameAt > 6000) { lost(); socket.close(4000, "no news"); }
  }, 1000);

  // The current tab is in sight, when it becomes that, however narrow the window is.
  let current = "";
  const inSight = (tab) => {
    if (!tab || tab.firstChild.data === current) return;
    current = tab.firstChild.data;
    const bar = tab.parentNode, from = tab.offsetLeft - bar.offsetLeft;
    if (from < bar.scrollLeft || from + tab.offsetWidth > bar.scrollLeft + bar.clientWidth) bar.scrollLeft = from - 30;
  };

  // After each frame: what is outside the frame follows it.
  let state = $("live").dataset.state;
  const show = () => {
    const live = $("live"), start = $("start"), edit = $("edit");
    if (live.dataset.build !== build && sessionStorage.getItem("build") !== live.dataset.build) {
      sessionStorage.setItem("build", live.dataset.build); // once, lest a stale cache loops
      document.dispatchEvent(new Event("renew"));
      location.reload();
      return;
    }
    entitle();
    if (live.dataset.state !== state) {
      state = live.dataset.state;
      $("announce").textContent = `The load test is ${state}.`;
    }
    if (state === "ready") {
      if (start.matches(":modal")) start.close();
      if (!start.open) start.show();
    } else if (start.open && !start.matches(":modal")) {
      const inside = start.contains(document.activeElement);
      start.close();
      if (inside) $("content").focus({ preventScroll: true });
    }
    takeUp();
    if (edit.open && !["spawning", "running", "paused"].includes(state)) edit.close();
    when.tell(live);
    inSight(live.querySelector(".tabs [aria-current]"));
    document.dispatchEvent(new Event("frame"));
  };
  // A hidden page gets no frames, so its title must not claim a state.
  document.addEventListener("visibilitychange", () => entitle());
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

  // Links that change the view, and scripts that do: document.dispatchEvent(new CustomEvent("look", { detail: "?tab=charts" })).
  addEventListener("popstate", lookAt);
  const look = (search) => {
    if (!wasOpen) { location.search = search; return; }
    if (search !== location.search) history.pushState(null, "", search || location.pathname);
    lookAt();
  };
  document.addEventListener("look", (e) => look(e.detail));
  const closeHealth = () => $("health")?.removeAttribute("open");
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("#health")) closeHealth();
    const plain = !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button);
    const link = e.target.closest?.("a[data-view], a[data-open], a[data-close]");
    if (!link || !plain) return;
    if ("open" in link.dataset) {
      e.preventDefault();
      document.dispatchEvent(new CustomEvent("form", { detail: { dialog: $(link.dataset.open), fill: link.dataset.fill } })); // to forms.js
    } else if ("close" in link.dataset) {
      e.preventDefault();
      link.closest("dialog").close();
    } else if (wasOpen) {
      e.preventDefault();
      look(link.search);
    }
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") closeHealth();
    // A link that acts as a button answers to the space bar.
    if (e.key === " " && e.target.matches?.("a[role=button]")) { e.preventDefault(); e.target.click(); }
  });

  show();

  // Made again also after a view too long for a message, which the new address brings, and
  // after silence that this page put an end to.
  htmx.config.ws.reconnectCodes = [1001, 1005, 1006, 1009, 1011, 1012, 1013, 1014, 4000];

  // Only now that everything above listens, whichever script came last.
  $("wire").setAttribute("hx-ws:connect", new URL($("wire").dataset.connect, location.href).href); // wherever a proxy has put us
  htmx.process($("wire"));
})();
