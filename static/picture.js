// A chart as a picture to keep: what the page shows of it, readable by itself.
"use strict";
const picture = (() => {
  const draw = ({ u, spec, at, values, gone }, all, colour) => {
    const plot = u.ctx.canvas, k = devicePixelRatio, edge = 16 * k;
    const canvas = document.createElement("canvas"), ctx = canvas.getContext("2d");
    const lines = (spec.lines ?? []).map((l, i) => ({ ...l, text: `${l.label} ${values[i].textContent}` })).filter((l) => !gone.has(l.label));
    const font = (weight, size) => { ctx.font = `${weight} ${size * k}px system-ui, sans-serif`; };

    // The legend takes as many rows as it needs.
    font(400, 12.5);
    let x = 0, row = 0;
    for (const l of lines) {
      const width = ctx.measureText(l.text).width + 38 * k;
      if (x > 0 && x + width > plot.width) { x = 0; row++; }
      [l.x, l.row] = [x, row];
      x += width;
    }
    const head = (48 + (lines.length ? 20 * (row + 1) : 0)) * k;
    canvas.width = plot.width + 2 * edge;
    canvas.height = head + plot.height + edge;

    ctx.fillStyle = colour("card");
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.textBaseline = "middle";
    ctx.fillStyle = colour("ink");
    font(600, 15);
    ctx.fillText(spec.title + (spec.unit ? ` (${spec.unit})` : ""), edge, 22 * k);
    ctx.fillStyle = colour("soft");
    font(400, 12.5);
    const [from, to] = all.window ?? [all.since, all.data.t.at(-1)];
    const day = new Date(from * 1000).toLocaleDateString("en-CA", { timeZone: when.zone() }), zone = when.zone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    ctx.fillText(`${all.name} · ${day} ${when.clock(from * 1000)} – ${when.clock(to * 1000)} ${zone}` + (lines.length ? ` · numbers at ${at.textContent}` : ""), edge, 42 * k);
    for (const l of lines) {
      const y = (64 + 20 * l.row) * k;
      ctx.strokeStyle = colour(l.colour);
      ctx.lineWidth = 2.5 * k;
      ctx.setLineDash(l.dash ? [5 * k, 3 * k] : []);
      ctx.beginPath();
      ctx.moveTo(edge + l.x, y);
      ctx.lineTo(edge + l.x + 16 * k, y);
      ctx.stroke();
      ctx.fillStyle = colour("ink");
      ctx.fillText(l.text, edge + l.x + 22 * k, y);
    }
    ctx.drawImage(plot, edge, head);
    return canvas;
  };

  return (chart, all, colour, button) => draw(chart, all, colour).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `gregaria ${all.name} ${chart.spec.title}.png`.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
    button.after(link); // some browsers ask for it to be in the page
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });
})();
