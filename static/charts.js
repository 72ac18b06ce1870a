// The charts. Their data is in the page, anew with each frame; they live in elements
// that frames leave alone.
"use strict";
(() => {
  // A canvas needs a colour resolved; a custom property resolves only as some element's colour.
  const colour = (name) => {
    const probe = document.getElementById("charts") ?? document.body;
    probe.style.setProperty("accent-color", `var(--${name})`);
    return getComputedStyle(probe).accentColor;
  };
  const spaced = (x) => x == null ? "–" : x.toLocaleString("en", { maximumFractionDigits: x < 100 ? 1 : 0 }).replaceAll(",", "\u202f");
  const time = (s, seconds = true) => new Date(s * 1000).toLocaleTimeString("en-GB", seconds ? {} : { hour: "2-digit", minute: "2-digit" });

  // The lines of each chart, the lowest first: label, data, colour, and what is special.
  const kinds = {
    rate: [["Requests/s", "rps", "sand-line"], ["Failures/s", "fps", "bad"]],
    time: [["p50", "p50", "sand-line"], ["p95", "p95", "ink"]],
    arrivals: [["Planned", "target", "soft", { dash: [6, 5] }], ["Due", "due", "ink"], ["Started", "started", "sand-line"], ["Dropped", "dropped", "bad"]],
    users: [["Planned", "target", "soft", { dash: [6, 5] }], ["Users", "users", "sand-line", { steps: true }]],
    alive: [["Users", "users", "sand-line", { steps: true }]],
  };
  const low = ["users", "alive"];
  let plots = [];
  let all = null; // the data

  // The legend says the latest numbers while the cursor is elsewhere.
  const latest = (u) => { if (u.cursor.idx == null) u.setLegend({ idx: u.data[0].length - 1 }, false); };

  // Spans in which the load generator was in the way are shaded: a wash and, for who
  // cannot tell colours, a bar on top, which is thicker where it was the bottleneck.
  const looks = { 2: ["sand-line", 3], 3: ["bad", 7] }; // by verdict
  const shade = (u) => {
    const { t, health } = all, { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (let i = 0; i < t.length; i++) {
      const look = looks[health[i]];
      if (!look) continue;
      let end = i;
      while (health[end + 1] === health[i]) end++;
      const from = u.valToPos(i ? t[i - 1] : t[i] - 1, "x", true), width = Math.max(2, u.valToPos(t[end], "x", true) - from);
      ctx.fillStyle = colour(look[0]);
      ctx.globalAlpha = 0.16;
      ctx.fillRect(from, bbox.top, width, bbox.height);
      ctx.globalAlpha = 1;
      ctx.fillRect(from, bbox.top, width, look[1] * devicePixelRatio);
      i = end;
    }
    ctx.restore();
  };

  const plot = (box, lines, data) => {
    const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return new uPlot({
      width: box.clientWidth, height: low.includes(box.dataset.chart) ? 112 : 156, padding: [14, 4, 0, 0],
      hooks: { setCursor: [latest], drawClear: [shade] },
      cursor: { sync: { key: "run" }, focus: { prox: 24 }, points: { size: 7 } },
      legend: { markers: { width: 0, fill: (u, i) => i ? colour(lines[i - 1][2]) : "transparent" } },
      scales: { y: { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        { ...axis, size: 30, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400], values: (u, at, i, space, step) => at.map((s) => time(s, step < 60)) },
        { ...axis, size: 58, values: (u, at) => at.map(spaced) },
      ],
      series: [
        { label: "", value: (u, s) => s == null ? "–" : time(s) },
        ...lines.map(([label, , name, special]) => ({
          label, stroke: () => colour(name), width: 1.5, points: { show: data[0].length < 3 }, dash: special?.dash,
          value: (u, x) => spaced(x), paths: special?.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
        })),
      ],
    }, data, box);
  };

  const draw = () => {
    const source = document.getElementById("series");
    plots = plots.filter((p) => p.root.isConnected || p.destroy());
    if (!source) return;
    all = JSON.parse(source.dataset.series);
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
  document.addEventListener("frame", draw); // app.js says so
})();
