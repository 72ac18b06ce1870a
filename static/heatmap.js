// Heat maps: how often which times were taken, moment by moment. charts.js draws axes,
// cursor and window of them as of any other chart, this the cells.
"use strict";
const heatmap = (() => {
  // The scale goes through four colours of the style sheet, in many steps.
  const steps = 64;
  const scale = (colour) => {
    const stops = [1, 2, 3, 4].map((i) => colour(`heat-${i}`).match(/[\d.]+/g).map(Number));
    return Array.from({ length: steps }, (_, i) => {
      const at = i / (steps - 1) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(at));
      return `rgb(${[0, 1, 2].map((c) => Math.round(stops[k][c] + (stops[k + 1][c] - stops[k][c]) * (at - k))).join(" ")})`;
    });
  };

  // most is where the scale ends. It goes up to ten at the least, for one request is few
  // also where no moment has two.
  const most = ({ cells }) => cells.reduce((most, column) => Math.max(most, ...column), 10);

  const paint = (u, ctx, { t, bins, cells }, colour) => {
    const colours = scale(colour);
    const top = Math.log1p(most({ cells })), first = Math.log1p(1);
    const rows = bins.map((b) => Math.round(u.valToPos(b, "y", true)));
    const before = (i) => i ? t[i - 1] : t[0] - (t.length > 1 ? t[1] - t[0] : 1);
    cells.forEach((column, i) => {
      const left = Math.round(u.valToPos(before(i), "x", true)), right = Math.round(u.valToPos(t[i], "x", true));
      column.forEach((n, j) => {
        if (!n) return;
        ctx.fillStyle = colours[Math.round((Math.log1p(n) - first) / (top - first) * (steps - 1))];
        ctx.fillRect(left, rows[j + 1], Math.max(1, right - left), Math.max(1, rows[j] - rows[j + 1]));
      });
    });
  };

  // at words the cell at the cursor.
  const at = (u, { t, bins, cells }, number) => {
    const s = u.posToVal(u.cursor.left, "x"), ms = u.posToVal(u.cursor.top, "y");
    const i = t.findIndex((end) => end >= s), j = bins.findIndex((b) => b > ms) - 1;
    if (i < 0 || j < 0) return "";
    return `${number(bins[j])} – ${number(bins[j + 1])} ms: ${number(cells[i][j])}`;
  };
  return { paint, at, most };
})();
