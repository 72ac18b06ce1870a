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

  const columns = ({ across, lines = [], heat }) =>
    heat ? [heat.t, heat.t.map(() => null)] : [all.data[across?.key ?? "t"], ...lines.map((l) => all.data[l.key])];
  const span = (t) => zoom ?? [all.since, t.at(-1)];

  // Spans in which the load generator was in the way are shaded: a wash and, for who
  // cannot tell colours, a bar on top, which is thicker where it was the bottleneck.
  const looks = { 2: ["sand-line", 3], 3: ["bad", 7] }; // by verdict
  const shade = (u) => within(u, (ctx, { top, height }) => {
    const { health = [], data: { t } } = all;
    for (let i = 0; i < health.length; i++) {
      const look = looks[health[i]];
      if (!look) continue;
      let end = i;
      while (health[end + 1] === health[i]) end++;
      const from = u.valToPos(i ? t[i - 1] : all.since, "x", true), width = Math.max(2, u.valToPos(t[end], "x", true) - from);
      ctx.fillStyle = colour(look[0]);
      ctx.globalAlpha = 0.16;
      ctx.fillRect(from, top, width, height);
      ctx.globalAlpha = 1;
      ctx.fillRect(from, top, width, look[1] * devicePixelRatio);
      i = end;
    }
  });
  const within = (u, paint) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paint(ctx, bbox);
    ctx.restore();
  };

  // What is outside the time window pales; what happened is a line from top to bottom.
  const mark = (u) => within(u, (ctx, { left, top, width, height }) => {
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
    for (const e of all.events ?? []) {
      const x = Math.round(u.valToPos(e.t, "x", true)), k = devicePixelRatio;
      ctx.fillStyle = colour(e.bad ? "bad" : "soft");
      for (let y = top; y < top + height; y += 6 * k) ctx.fillRect(x - k / 2, y, k, 3 * k);
      ctx.beginPath();
      ctx.moveTo(x - 5 * k, top);
      ctx.lineTo(x + 5 * k, top);
      ctx.lineTo(x, top + 7 * k);
      ctx.fill();
    }
  });

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

  // The legend says the numbers at the cursor, the latest while it is elsewhere.
  const tell = ({ u, spec, at, values }) => {
    const i = u.cursor.idx ?? u.data[0].length - 1, x = u.data[0][i];
    at.textContent = x == null ? "–" : spec.across ? place(spec.across, x) : clock(x);
    values.forEach((b, k) => {
      let known = i;
      while (u.cursor.idx == null && known > 0 && u.data[k + 1][known] == null) known--;
      b.textContent = spaced(u.data[k + 1][known]);
    });
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
    if (spec.heat) keys.append(make("span", "heat", "few", make("i", ""), "many"));
    const save = make("button", "save", "PNG");
    save.type = "button";
    save.setAttribute("aria-label", `PNG of ${spec.title}`);
    save.addEventListener("click", () => picture(drawn.get(box), all, colour, save));
    keys.append(save);
    box.before(keys);
    return { keys, at, values, gone };
  };

  // A moment between gaps has no line, so it is a point.
  const alone = (u, i, show) => {
    const { data: { [i]: y }, series: { [i]: { idxs } } } = u, points = [];
    if (show || !idxs) return null;
    for (let k = idxs[0]; k <= idxs[1]; k++) if (y[k] != null && y[k - 1] == null && y[k + 1] == null) points.push(k);
    return points.length ? points : null;
  };

  const plot = (box, spec, data) => {
    const chart = { box, spec, ...legend(box, spec), note: make("p", "tip") };
    const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const { across, heat } = spec;
    const x = !across ? { range: (u) => span(u.data[0]) }
      : across.log ? { time: false, distr: 3, range: (u, low, high) => low < high ? [low, high] : [low / 2, high * 2] }
      : { time: false, range: (u, low, high) => [0, high > 0 ? high * 1.04 : 1] };
    const look = spec.points ? { paths: () => null, points: { show: true, size: 6 } } : { points: { show: data[0].length < 3, filter: alone, size: 4 } };
    chart.u = new uPlot({
      width: box.clientWidth, height: spec.low ? 112 : heat ? 220 : 156, padding: [14, 4, 0, 0],
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
      scales: { x, y: heat ? { distr: 3, range: () => [heat.bins[0], heat.bins.at(-1)] } : { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        across ? { ...axis, size: 30, values: (u, at) => at.map((n) => n == null ? "" : across.nines ? place(across, n) : spaced(n)) } : { ...axis, size: 30, space: 76,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400],
          values: (u, at, i, space, step) => at.map((s) => clock(s, step < 60)) },
        { ...axis, size: 58, values: (u, at) => at.map((n) => n == null ? "" : spaced(n)) },
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
      const data = columns(spec), said = JSON.stringify({ ...spec, heat: spec.heat?.bins });
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
      if (u && contentRect.width) u.setSize({ width: contentRect.width, height: u.height });
    }
  });
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
