// The charts. Which there are and what lines they have is said in #series, anew with each
// frame, as chart.go describes it; they live in elements that frames leave alone.
"use strict";
(() => {
  // A canvas needs a colour resolved; a custom property resolves only as some element's colour.
  const probe = document.createElement("i"), colours = new Map();
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    if (!colours.has(name)) {
      probe.style.setProperty("accent-color", `var(--${name})`);
      colours.set(name, getComputedStyle(probe).accentColor);
    }
    return colours.get(name);
  };
  const make = (tag, kind, ...content) => {
    const e = document.createElement(tag);
    e.className = kind;
    e.append(...content);
    return e;
  };
  const spaced = (x) => x == null ? "–" : x.toLocaleString("en", x < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: x < 100 ? 1 : 0 }).replaceAll(",", "\u202f");
  const place = ({ nines, unit = "" }, x) => nines ? `${(100 - 100 / x).toFixed(Math.max(0, Math.ceil(Math.log10(x) - 2)))} %` : `${spaced(x)} ${unit}`;
  const clock = (s, seconds) => when.clock(s * 1000, seconds);

  const drawn = new Map(); // charts by the element that holds them
  const off = new Map();   // by chart: the lines that are switched off, for as long as the page lives
  let all = null;          // what is to be drawn
  let dragged = null;      // the plot that is being dragged over
  let zoom = null;         // what is looked at in a file, where nobody answers
  const logs = new Set();  // charts whose numbers go up by their logarithm

  const columns = ({ across, lines = [], heat }) => {
    if (heat) return [heat.t, heat.t.map(() => null)];
    const [x, ...values] = [across?.key ?? "t", ...lines.map((l) => l.key)].map((key) => all.data[key]);
    // The only moment there is has a line too: its numbers are of the time since the beginning.
    return across || x.length > 2 ? [x, ...values] : [[all.since, ...x], ...values.map((v) => [v[0], ...v])];
  };
  const span = (t) => zoom ?? [all.since, t.at(-1)];

  // A lane below a chart says when the load generator was in the way. It is thicker, for
  // who cannot tell colours, where that was the bottleneck.
  const looks = { 2: ["sand-line", 2], 3: ["bad", 5] }; // by verdict
  const shade = ({ ctx, bbox: { left, top, width, height }, valToPos }) => {
    const { health = [], data: { t } } = all, k = devicePixelRatio, at = (s) => Math.min(left + width, Math.max(left, valToPos(s, "x", true)));
    for (let i = 0; i < health.length; i++) {
      const look = looks[health[i]];
      if (!look) continue;
      let end = i;
      while (health[end + 1] === health[i]) end++;
      const from = at(i ? t[i - 1] : all.since), to = at(t[end]);
      ctx.fillStyle = colour(look[0]);
      if (to > from) ctx.fillRect(from, top + height + 4 * k, Math.max(2, to - from), look[1] * k);
      i = end;
    }
  };
  const within = (u, paint) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paint(ctx, bbox, u);
    ctx.restore();
  };

  // What is outside the time window pales; what happened is a line from top to bottom,
  // with a flag over it.
  const mark = (u) => {
    within(u, pale);
    flags(u);
  };
  const pale = (ctx, { left, top, width, height }, u) => {
    if (all.window) {
      const [from, to] = all.window.map((s) => u.valToPos(s, "x", true));
      ctx.fillStyle = colour("card");
      ctx.globalAlpha = 0.72;
      ctx.fillRect(left, top, from - left, height);
      ctx.fillRect(to, top, left + width - to, height);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour("edge");
      for (const x of [from, to]) ctx.fillRect(x - devicePixelRatio / 2, top, devicePixelRatio, height);
    }
  };
  const flags = (u) => {
    const { ctx, bbox: { left, top, width, height } } = u;
    for (const e of all.events ?? []) {
      const x = Math.round(u.valToPos(e.t, "x", true)), k = devicePixelRatio;
      if (x < left || x > left + width) continue;
      ctx.fillStyle = colour(e.bad ? "bad" : "soft");
      for (let y = top; y < top + height; y += 6 * k) ctx.fillRect(x - k / 2, y, k, 3 * k);
      ctx.beginPath();
      ctx.moveTo(x - 5 * k, top - 4 * k);
      ctx.lineTo(x + 5 * k, top - 4 * k);
      ctx.lineTo(x, top + 3 * k);
      ctx.fill();
    }
  };

  // A tip says what is at the cursor besides numbers.
  const tip = ({ u, note }, text, left) => {
    note.textContent = text;
    note.hidden = !text;
    if (!text) return;
    const right = left > u.over.clientWidth / 2;
    note.style.left = right ? "" : `${left + 8}px`;
    note.style.right = right ? `${u.over.clientWidth - left + 8}px` : "";
  };
  const follow = (chart) => {
    const { u, spec } = chart, { left, idx } = u.cursor;
    tell(chart);
    if (spec.across) return;
    const near = u.root.matches(":hover") && left >= 0 ? (all.events ?? []).filter((e) => Math.abs(u.valToPos(e.t, "x") - left) < 6) : [];
    if (near.length) tip(chart, near.map((e) => `${clock(e.t)} ${e.text}`).join("\n"), left);
    else tip(chart, spec.heat && idx != null && u.root.matches(":hover") ? heatmap.at(u, spec.heat, spaced) : "", left);
  };

  // The legend says the numbers at the cursor, the latest while it is elsewhere: those at
  // one moment, and none where there is none. The end of a run may be too short a moment
  // for rates, as it is for the server.
  const shortest = 0.2; // s
  const latest = ([x], spec) => {
    const last = x.length - 1;
    return !spec.across && last > 0 && x[last] - x[last - 1] < shortest ? last - 1 : last;
  };
  const tell = ({ u, spec, at, values, most }) => {
    const i = u.cursor.idx ?? latest(u.data, spec), x = u.data[0][i];
    at.textContent = x == null ? "–" : spec.across ? place(spec.across, x) : clock(x);
    values.forEach((b, k) => { b.textContent = spaced(u.data[k + 1][i]); });
    if (most) most.textContent = spaced(heatmap.most(spec.heat));
  };
  const legend = (box, spec) => {
    const at = make("span", "at"), values = [];
    const keys = make("div", "keys", at), gone = off.get(box.dataset.chart) ?? new Set();
    off.set(box.dataset.chart, gone);
    (spec.lines ?? []).forEach(({ label, colour, dash }, i) => {
      const sample = make("i", dash ? "dash" : ""), value = make("b", "");
      sample.style.setProperty("--colour", `var(--${colour})`);
      const key = make("button", "key", sample, `${label} `, value);
      key.type = "button";
      key.setAttribute("aria-pressed", !gone.has(label));
      key.addEventListener("click", () => {
        if (!gone.delete(label)) gone.add(label);
        key.setAttribute("aria-pressed", !gone.has(label));
        drawn.get(box).u.setSeries(i + 1, { show: !gone.has(label) });
      });
      values.push(value);
      keys.append(key);
    });
    const most = spec.heat && make("span", "");
    if (spec.heat) keys.append(make("span", "heat", "1", make("i", ""), most));
    if (spec.log) {
      const log = make("button", "log", "log");
      log.type = "button";
      log.title = "Logarithmic: small numbers are told apart beside large ones";
      log.setAttribute("aria-label", `log scale of ${spec.title}`);
      log.setAttribute("aria-pressed", logs.has(box.dataset.chart));
      log.addEventListener("click", () => {
        if (!logs.delete(box.dataset.chart)) logs.add(box.dataset.chart);
        draw();
        drawn.get(box).keys.querySelector(".log").focus();
      });
      keys.append(log);
    }
    const save = make("button", "save", "PNG");
    save.type = "button";
    save.setAttribute("aria-label", `PNG of ${spec.title}`);
    save.addEventListener("click", () => picture(drawn.get(box), all, colour, save));
    keys.append(save);
    box.before(keys);
    return { keys, at, values, gone, most };
  };

  // A moment between gaps has no line, so it is a point.
  const alone = (u, i, show) => {
    const { data: { [i]: y }, series: { [i]: { idxs } } } = u, points = [];
    if (show || !idxs) return null;
    for (let k = idxs[0]; k <= idxs[1]; k++) if (y[k] != null && y[k - 1] == null && y[k + 1] == null) points.push(k);
    return points.length ? points : null;
  };

  const decades = (u, i, low, high) => {
    const list = [];
    for (let n = Math.ceil(Math.log10(low) - 1e-9); n <= Math.log10(high) + 1e-9; n++) list.push(10 ** n);
    return list;
  };
  // A tall screen, such as one on a wall, has tall charts.
  const tall = (spec) => Math.round((spec.low ? 112 : spec.heat ? 220 : 156) * Math.min(2, Math.max(1, innerHeight / 900)));
  const plot = (box, spec, data) => {
    const chart = { box, spec, ...legend(box, spec), note: make("p", "tip") };
    const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: `${innerWidth < 1800 ? 12 : 14}px system-ui, sans-serif` };
    const { across, heat } = spec;
    const x = !across ? { range: (u) => span(u.data[0]) }
      : across.log ? { time: false, distr: 3, range: (u, low, high) => low < high ? [low, high] : [low / 2, high * 2] }
      : { time: false, range: (u, low, high) => [0, high > 0 ? high * 1.04 : 1] };
    const look = spec.points ? { paths: () => null, points: { show: true, size: 6 } } : { points: { show: data[0].length < 3, filter: alone, size: 4 } };
    chart.u = new uPlot({
      width: box.clientWidth, height: tall(spec), padding: [14, 32, 0, 0],
      tzDate: (s) => when.zone() ? uPlot.tzDate(new Date(s * 1000), "Etc/UTC") : new Date(s * 1000),
      hooks: {
        setCursor: [() => chart.u && follow(chart)],
        drawClear: across ? [] : [shade],
        draw: [(u) => heat && within(u, (ctx) => heatmap.paint(u, ctx, chart.spec.heat, colour)), ...across ? [] : [mark]],
        setSelect: [chosen],
      },
      cursor: {
        sync: across ? undefined : { key: "run" }, focus: { prox: 24 }, points: { size: 7, show: !heat },
        drag: { x: !across, y: false, setScale: false, dist: 4 },
        bind: { dblclick: () => () => { see(null); return null; } },
      },
      legend: { show: false },
      scales: { x, y: heat ? { distr: 3, range: () => [heat.bins[0], heat.bins.at(-1)] }
        : logs.has(box.dataset.chart) ? { distr: 3, range: (u, low, high) => high > 0 ? uPlot.rangeLog(Math.max(low, high / 1e9), high, 10, true) : [1, 10] }
        : { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        across ? { ...axis, size: 30, values: (u, at) => at.map((n) => n == null ? "" : across.nines ? place(across, n) : spaced(n)) } : { ...axis, size: 38, gap: 11, space: 76,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400],
          values: (u, at, i, space, step) => at.map((s) => clock(s, step < 60)) },
        { ...axis, size: 58, splits: logs.has(box.dataset.chart) ? decades : undefined, values: (u, at) => at.map((n) => n == null ? "" : spaced(n)) },
      ],
      series: [
        {},
        ...(spec.lines ?? [{ colour: "soft" }]).map(({ label, colour: name, dash, steps }) => ({
          label, stroke: () => colour(name), width: 1.5, show: !chart.gone.has(label), dash: dash ? [6, 5] : undefined,
          paths: steps ? uPlot.paths.stepped({ align: 1 }) : undefined, ...look,
        })),
      ],
    }, data, box);
    chart.note.hidden = true;
    chart.u.over.append(chart.note);
    chart.u.over.addEventListener("mousedown", (e) => { if (!e.button) dragged = chart.u; });
    resized.observe(box);
    return chart;
  };

  // see looks at a stretch of time, null for all of it: with a server behind the page
  // every number is of that time then, without one it is the charts alone.
  const see = (stretch) => {
    if (!document.getElementById("live")) {
      zoom = stretch;
      draw();
      return;
    }
    const query = new URLSearchParams(location.search);
    for (const name of ["from", "to", "page", "form"]) query.delete(name);
    if (stretch) ["from", "to"].forEach((name, i) => query.set(name, Math.round(stretch[i] * 1000)));
    query.sort();
    document.dispatchEvent(new CustomEvent("look", { detail: `?${query}` }));
  };
  document.addEventListener("stretch", (e) => see(e.detail)); // window.js says so
  // A stretch goes from moment to moment that there are numbers of.
  const chosen = (u) => {
    if (u !== dragged || u.select.width < 4) return;
    const edges = [all.since, ...all.data.t], { left, width } = u.select;
    const nearest = (x) => {
      const s = u.posToVal(x, "x");
      return edges.reduce((best, e, i) => Math.abs(e - s) < Math.abs(edges[best] - s) ? i : best, 0);
    };
    let from = nearest(left), to = nearest(left + width);
    if (from === to) to < edges.length - 1 ? to++ : from--;
    for (const chart of drawn.values()) chart.u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false); // the cursor's sync draws it on all
    dragged = null;
    see([edges[from], edges[to]]);
  };

  const draw = () => {
    for (const [box, { u }] of drawn) {
      if (!box.isConnected) { u.destroy(); drawn.delete(box); }
    }
    const source = document.getElementById("series");
    if (!source || dragged) return;
    all = JSON.parse(source.dataset.series ?? source.textContent);
    for (const box of document.querySelectorAll("[data-chart]")) {
      const spec = all.charts[box.dataset.chart];
      if (!spec) continue;
      const data = columns(spec), said = JSON.stringify({ ...spec, heat: spec.heat?.bins, log: logs.has(box.dataset.chart) });
      let chart = drawn.get(box);
      if (chart && chart.said === said) {
        chart.spec = spec;
        chart.u.setData(data);
      } else {
        if (chart) { chart.u.destroy(); chart.keys.remove(); }
        chart = plot(box, spec, data);
        chart.said = said;
        drawn.set(box, chart);
      }
      tell(chart);
    }
  };
  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const u = drawn.get(target)?.u;
      if (u && contentRect.width) u.setSize({ width: contentRect.width, height: tall(drawn.get(target).spec) });
    }
  });
  addEventListener("resize", () => drawn.forEach(({ u, spec }) => u.setSize({ width: u.width, height: tall(spec) })));
  const repaint = () => {
    colours.clear();
    drawn.forEach(({ u }) => u.redraw(false));
  };
  document.addEventListener("theme", repaint);
  // Paper is white and narrow.
  const print = (on) => {
    document.documentElement.style.colorScheme = on ? "light" : "";
    repaint();
    drawn.forEach(({ u, box }) => u.setSize({ width: on ? Math.min(660, box.clientWidth) : box.clientWidth, height: u.height }));
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  document.addEventListener("frame", draw); // app.js says so
  addEventListener("mouseup", () => { dragged = null; });

  // Who is at an entry of the list of what happened sees where it is.
  const point = (e) => {
    const event = all?.events?.[e.target.closest?.("[data-event]")?.dataset.event];
    if (!event) return;
    for (const chart of drawn.values()) {
      if (!chart.spec.across) tip(chart, e.type.endsWith("out") ? "" : event.text, chart.u.valToPos(event.t, "x"));
    }
  };
  for (const type of ["focusin", "focusout", "mouseover", "mouseout"]) document.addEventListener(type, point);
})();
