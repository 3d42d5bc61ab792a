// Draws what the worker has seen: the plane, pictures, and curves.

// ---- Colours --------------------------------------------------------------------------------------------------------

const dark = matchMedia('(prefers-color-scheme: dark)');

// Of the ground, from what D takes for generated to what it takes for real, and of what lies on it.
const PALETTES = {
  light: { ramp: [[248, 190, 140], [250, 249, 247], [152, 197, 246]], real: '#0b62c4', fake: '#c2570c', line: '#e3e2de',
           quiet: '#666a73', halo: 'rgb(255 255 255 / 75%)' },
  dark: { ramp: [[116, 58, 18], [28, 31, 37], [18, 72, 128]], real: '#7db9ff', fake: '#ffa664', line: '#31353d',
          quiet: '#9ba1ad', halo: 'rgb(20 22 26 / 75%)' },
};

export function palette() {
  return dark.matches ? PALETTES.dark : PALETTES.light;
}

export function onPaletteChange(redraw) {
  dark.addEventListener('change', redraw);
}

// The colour for a judgement from 0, generated, to 1, real.
function ground(ramp, judgement) {
  const [low, high] = judgement < 0.5 ? [ramp[0], ramp[1]] : [ramp[1], ramp[2]];
  const part = judgement < 0.5 ? 2 * judgement : 2 * judgement - 1;
  return low.map((value, i) => value + (high[i] - value) * part);
}

// ---- Judgements -----------------------------------------------------------------------------------------------------

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

export const LOSS = { LEAST_SQUARES: 2, WASSERSTEIN: 3, HINGE: 4, RELATIVISTIC: 5 };

// What a logit means from 0 to 1 depends on the loss: the last two compare logits, and know no middle of their own.
export function judgeBy(loss, real, fake) {
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  if (loss === LOSS.LEAST_SQUARES) return (logit) => Math.min(Math.max(logit, 0), 1);
  if (loss === LOSS.HINGE) return (logit) => sigmoid(2 * logit);
  if (loss !== LOSS.WASSERSTEIN && loss !== LOSS.RELATIVISTIC) return sigmoid;
  const middle = (mean(real) + mean(fake)) / 2;
  if (loss === LOSS.RELATIVISTIC) return (logit) => sigmoid(2 * (logit - middle));
  const all = [...real, ...fake];
  const spread = Math.sqrt(mean(all.map((logit) => (logit - middle) ** 2))) || 1;
  return (logit) => sigmoid((1.5 * (logit - middle)) / spread);
}

// ---- The plane ------------------------------------------------------------------------------------------------------

// One pixel a point: the browser stretches the canvas over the plane.
function drawHeat(canvas, logits, side, judge) {
  const { ramp } = palette();
  const pixels = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const [red, green, blue] = ground(ramp, judge(logits[i]));
    pixels.data.set([red, green, blue, 255], 4 * i);
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

export function clearGround(canvas) {
  canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
}

// Where D cannot decide, by marching squares: the line between cells whose corners are on either side.
function drawBoundary(context, logits, side, judge) {
  const step = context.canvas.width / side;
  const at = (x, y) => judge(logits[y * side + x]) - 0.5;
  context.beginPath();
  for (let y = 0; y + 1 < side; y++) {
    for (let x = 0; x + 1 < side; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
      const ends = [];
      for (let i = 0; i < 4; i++) {
        const [a, b] = [corners[i], corners[(i + 1) % 4]];
        const [from, to] = [at(...a), at(...b)];
        if (from < 0 === to < 0) continue;
        const part = from / (from - to);
        ends.push([a[0] + (b[0] - a[0]) * part + 0.5, a[1] + (b[1] - a[1]) * part + 0.5]);
      }
      for (let i = 0; i + 1 < ends.length; i += 2) {
        context.moveTo(step * ends[i][0], step * ends[i][1]);
        context.lineTo(step * ends[i + 1][0], step * ends[i + 1][1]);
      }
    }
  }
  context.strokeStyle = palette().quiet;
  context.globalAlpha = 0.45;
  context.lineWidth = 2;
  context.stroke();
  context.globalAlpha = 1;
}

function drawPoints(context, points, count, place, radius, colour, alpha) {
  context.beginPath();
  for (let i = 0; i < Math.min(count, points.length / 2); i++) {
    const [x, y] = place(points[2 * i], points[2 * i + 1]);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

// Lengths are compared with the median, and limited, so that one cliff does not hide the others.
function drawArrows(context, { samples, gradients }, count, place, colour) {
  const lengths = [];
  for (let i = 0; i < count; i++) lengths.push(Math.hypot(gradients[2 * i], gradients[2 * i + 1]));
  const median = [...lengths].sort((a, b) => a - b)[count >> 1] || 1;
  context.beginPath();
  for (let i = 0; i < count; i++) {
    if (lengths[i] === 0) continue;
    const length = 26 * Math.min(lengths[i] / median, 2.2);
    const [x, y] = place(samples[2 * i], samples[2 * i + 1]);
    const [dx, dy] = [gradients[2 * i] / lengths[i], -gradients[2 * i + 1] / lengths[i]];
    const [endX, endY] = [x + length * dx, y + length * dy];
    context.moveTo(x, y);
    context.lineTo(endX, endY);
    for (const side of [-1, 1]) {
      context.moveTo(endX, endY);
      context.lineTo(endX - 7 * dx + 4.5 * side * dy, endY - 7 * dy - 4.5 * side * dx);
    }
  }
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.globalAlpha = 0.85;
  context.stroke();
  context.globalAlpha = 1;
}

export function drawPlane(canvas, heatCanvas, seen, { points, extent, side, loss, arrows }) {
  const context = canvas.getContext('2d');
  const half = canvas.width / 2;
  const place = (x, y) => [half * (1 + x / extent), half * (1 - y / extent)];
  const colours = palette();
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (seen?.heat) {
    const judge = judgeBy(loss, seen.realLogits ?? [], seen.logits);
    drawHeat(heatCanvas, seen.heat, side, judge);
    drawBoundary(context, seen.heat, side, judge);
  } else clearGround(heatCanvas);
  drawPoints(context, points, 700, place, 4, colours.real, 0.5);
  if (!seen) return;
  const count = seen.samples.length / 2;
  drawPoints(context, seen.samples, count, place, 5.2, colours.halo, 1);
  drawPoints(context, seen.samples, count, place, 3.8, colours.fake, 0.85);
  if (arrows) drawArrows(context, seen, Math.min(count, 160), place, colours.fake);
}

// ---- Pictures -------------------------------------------------------------------------------------------------------

const small = document.createElement('canvas');
const TILE = 140, COLUMNS = 7, GAP = 12, MARGIN = 17.5, REAL_ROWS = 2, FAKE_ROWS = 5;
export const PICTURES = { real: COLUMNS * REAL_ROWS, fake: COLUMNS * FAKE_ROWS };

// A picture in grey; where D wants it brighter it turns blue, where darker orange.
function tilePixels(values, offset, gradients) {
  const pixels = new ImageData(28, 28);
  let most = 0;
  if (gradients) for (let i = 0; i < 784; i++) most = Math.max(most, Math.abs(gradients[offset + i]));
  for (let i = 0; i < 784; i++) {
    const grey = 127.5 * (values[offset + i] + 1);
    const wish = gradients && most > 0 ? gradients[offset + i] / most : 0;
    const [red, green, blue] = wish > 0 ? [60, 150, 255] : [255, 140, 50];
    const share = Math.min(0.9, Math.abs(wish) * 1.2);
    pixels.data.set([grey + (red - grey) * share, grey + (green - grey) * share, grey + (blue - grey) * share, 255], 4 * i);
  }
  return pixels;
}

function drawTiles(context, values, logits, top, judge, gradients) {
  const brush = small.getContext('2d');
  small.width = 28;
  small.height = 28;
  context.imageSmoothingEnabled = false;
  for (let i = 0; i < logits.length; i++) {
    const x = MARGIN + (i % COLUMNS) * (TILE + MARGIN), y = top + Math.floor(i / COLUMNS) * (TILE + GAP);
    brush.putImageData(tilePixels(values, 784 * i, gradients), 0, 0);
    if (judge) {
      const judgement = judge(logits[i]);
      context.fillStyle = judgement > 0.5 ? palette().real : palette().fake;
      context.globalAlpha = 0.15 + 0.85 * Math.min(1, 2 * Math.abs(judgement - 0.5));
      context.beginPath();
      context.roundRect(x - 6, y - 6, TILE + 12, TILE + 12, 8);
      context.fill();
      context.globalAlpha = 1;
    }
    context.drawImage(small, x, y, TILE, TILE);
  }
}

export function drawPictures(canvas, seen, { real, loss, heat, arrows }) {
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.font = '500 19px system-ui, sans-serif';
  context.fillStyle = palette().quiet;
  context.fillText('real', MARGIN, 22);
  const fakeTop = 34 + REAL_ROWS * (TILE + GAP) + 22;
  context.fillText('generated', MARGIN, fakeTop - 12);
  if (!seen) return;
  const judge = heat ? judgeBy(loss, seen.realLogits ?? [], seen.logits) : null;
  drawTiles(context, real, seen.realLogits ?? new Float32Array(PICTURES.real), 34, judge, null);
  drawTiles(context, seen.samples, seen.logits, fakeTop, judge, arrows ? seen.gradients : null);
}

// ---- Curves ---------------------------------------------------------------------------------------------------------

const MOST = 640;

// Points of two curves over the steps; neighbours are merged once there are many, so that all of a training stays.
export class Curves {
  constructor(canvas, { low, high }) {
    Object.assign(this, { canvas, low, high });
    this.clear();
  }

  clear() {
    this.rows = [];
    this.every = 1;
    this.sum = [0, 0, 0];
    this.count = 0;
  }

  add(step, first, second) {
    if (!Number.isFinite(first + second)) return;
    this.sum = [step, this.sum[1] + first, this.sum[2] + second];
    if (++this.count < this.every) return;
    this.rows.push([step, this.sum[1] / this.count, this.sum[2] / this.count]);
    this.sum = [0, 0, 0];
    this.count = 0;
    if (this.rows.length < MOST) return;
    const rows = [];
    for (let i = 0; i + 1 < MOST; i += 2) {
      const [a, b] = [this.rows[i], this.rows[i + 1]];
      rows.push([b[0], (a[1] + b[1]) / 2, (a[2] + b[2]) / 2]);
    }
    this.rows = rows;
    this.every *= 2;
  }

  // From low to high, or what 98 in 100 values need.
  range() {
    if (this.low !== undefined) return [this.low, this.high];
    const values = this.rows.flatMap((row) => row.slice(1)).sort((a, b) => a - b);
    const [low, high] = [values[Math.floor(values.length * 0.01)] ?? 0, values[Math.floor(values.length * 0.99)] ?? 1];
    const margin = 0.12 * (high - low) || 0.5;
    return [low - margin, high + margin];
  }

  draw() {
    const context = this.canvas.getContext('2d');
    const { width, height } = this.canvas;
    const colours = palette();
    const [low, high] = this.range();
    const [left, right, top, bottom] = [64, width - 8, 12, height - 40];
    const last = this.rows.at(-1)?.[0] ?? 1;
    const place = (step, value) => [left + ((right - left) * step) / last,
                                    bottom - ((bottom - top) * (Math.min(Math.max(value, low), high) - low)) / (high - low)];
    context.clearRect(0, 0, width, height);
    context.font = '22px system-ui, sans-serif';
    context.fillStyle = colours.quiet;
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const part of [0, 0.5, 1]) {
      const value = low + (high - low) * part;
      const [, y] = place(0, value);
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(right, y);
      context.stroke();
      context.fillText(value.toPrecision(2).replace(/\.0$/, ''), left - 10, y);
    }
    context.fillText(`${last.toLocaleString('en')} steps`, right, height - 14);
    for (const [index, colour] of [[1, colours.real], [2, colours.fake]]) {
      context.beginPath();
      for (const row of this.rows) context.lineTo(...place(row[0], row[index]));
      context.strokeStyle = colour;
      context.lineWidth = 2.6;
      context.lineJoin = 'round';
      context.stroke();
    }
  }
}
