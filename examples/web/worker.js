// Trains beside the page, so that no step, however long, holds up a frame. The page asks for a frame at a time; the answer
// has what to draw, after as many steps as fit into the time that it allows.
import { DIVERGED, instantiate } from './libgan.js';

const PLANE = 0;
let gan, kind, failed;

// D's judgement over the plane, row by row from the top: `side` x `side` points, `extent` from the origin.
function judgePlane(side, extent) {
  const grid = new Float32Array(2 * side * side);
  for (let i = 0; i < side * side; i++) {
    grid[2 * i] = (((i % side) + 0.5) * 2 / side - 1) * extent;
    grid[2 * i + 1] = (1 - (Math.floor(i / side) + 0.5) * 2 / side) * extent;
  }
  return gan.judge(grid, side * side).logits;
}

function look({ count, average, heat, extent, real }) {
  const samples = gan.sample(count, average);
  const fake = gan.judge(null, count, true);
  const seen = { samples, logits: fake.logits, gradients: fake.gradients };
  if (kind === PLANE && heat > 0) seen.heat = judgePlane(heat, extent);
  if (real) seen.realLogits = gan.judge(real, real.length / gan.size).logits;
  return seen;
}

function frame({ budget, most, view }) {
  const start = performance.now();
  const before = gan.report().steps;
  if (most > 0 && !failed) {
    try {
      gan.call('web_train', budget, most);
    } catch (error) {
      if (error.status !== DIVERGED) throw error;
      failed = error.message;
    }
  }
  const report = gan.report();
  const trained = performance.now() - start;
  return { ...look(view), ...report, taken: report.steps - before, trained, failed,
           found: gan.diagnoses(report.diagnoses) };
}

// Some servers say that a file that ends in .gz is compressed on its way; then the browser has unpacked it.
async function unpacked(bytes) {
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  const stream = new Response(bytes).body.pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

const answers = {
  async load({ url }) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const bytes = await response.arrayBuffer();
    gan = await instantiate(await unpacked(bytes));
    return { bytes: bytes.byteLength };
  },
  start(message) {
    ({ kind } = message);
    failed = null;
    gan.start(kind, message.seed, message.size);
    gan.set(message.settings);
    if (message.data.length > 0) gan.setData(message.data);
  },
  set: ({ settings }) => gan.set(settings),
  data: ({ data }) => gan.setData(data),
  frame,
  save: ({ what }) => ({ bytes: gan.save(what) }),
  open({ bytes }) {
    gan.load(bytes);
    failed = null;
  },
};

// Messages are answered in their order: what is said of a game never meets the next.
let last = Promise.resolve();
onmessage = ({ data: { id, type, ...message } }) => {
  last = last.then(async () => {
    try {
      postMessage({ id, answer: (await answers[type](message)) ?? {} });
    } catch (error) {
      postMessage({ id, error: error.message });
    }
  });
};
