// What a GAN learns here: points that the visitor draws, small pictures of garments, and digits in the fonts of this machine.

export const PIXELS = 28 * 28;

export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

// ---- The plane ------------------------------------------------------------------------------------------------------

// Positions are in [-1, 1]; the networks see them EXTENT times as large.
export const EXTENT = 4;

const turn = (i, count, radius, phase = 0) => {
  const angle = (2 * Math.PI * i) / count + phase;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
};
const several = (count, make) => Array.from({ length: count }, (_, i) => make(i));

// Each is a list of dabs: centres of small normal distributions.
export const PRESETS = {
  ring: { spread: 0.03, dabs: several(8, (i) => turn(i, 8, 0.68)) },
  grid: { spread: 0.03, dabs: several(9, (i) => ({ x: 0.6 * ((i % 3) - 1), y: 0.6 * (Math.floor(i / 3) - 1) })) },
  moons: {
    spread: 0.045,
    dabs: several(80, (i) => {
      const angle = (Math.PI * (i >> 1)) / 39;
      return i % 2 ? { x: 0.5 * Math.cos(angle) - 0.25, y: 0.5 * Math.sin(angle) - 0.12 }
        : { x: 0.25 - 0.5 * Math.cos(angle), y: 0.12 - 0.5 * Math.sin(angle) };
    }),
  },
  spiral: { spread: 0.03, dabs: several(90, (i) => turn(i, 45, 0.12 + 0.0066 * i)) },
};

// Points of the dabs, as the networks see them. The pool is drawn once, and each step takes a batch of it.
export function pointsOf(dabs, spread, count) {
  const random = randomFrom(1);
  const points = new Float32Array(dabs.length > 0 ? 2 * count : 0);
  for (let i = 0; i < points.length; i += 2) {
    const dab = dabs[(i / 2) % dabs.length];
    const deviation = dab.spread ?? spread;
    points[i] = EXTENT * (dab.x + deviation * normal(random));
    points[i + 1] = EXTENT * (dab.y + deviation * normal(random));
  }
  return points;
}

// ---- Pictures -------------------------------------------------------------------------------------------------------

function surface(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext('2d', { willReadFrequently: true });
}

// The picture as tiles of 28 x 28, one after another, in [-1, 1].
function tilesOf(context) {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  const columns = width / 28;
  const tiles = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const tile = Math.floor(y / 28) * columns + Math.floor(x / 28);
      tiles[tile * PIXELS + (y % 28) * 28 + (x % 28)] = data[4 * (y * width + x)] / 127.5 - 1;
    }
  }
  return tiles;
}

export async function loadGarments() {
  const image = new Image();
  image.src = 'garments.png';
  await image.decode();
  const context = surface(image.width, image.height);
  context.drawImage(image, 0, 0);
  return tilesOf(context);
}

export function drawDigits(count = 600) {
  const random = randomFrom(2);
  const between = (low, high) => low + (high - low) * random();
  const fonts = ['serif', 'sans-serif', 'monospace', 'cursive', 'fantasy', 'system-ui'];
  const columns = 20;
  const context = surface(28 * columns, 28 * Math.ceil(count / columns));
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.fillStyle = 'white';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let i = 0; i < count; i++) {
    context.save();
    context.translate(28 * (i % columns) + 14 + between(-1, 1), 28 * Math.floor(i / columns) + 15.5 + between(-1, 1));
    context.rotate(between(-0.2, 0.2));
    context.transform(between(0.9, 1.15), 0, between(-0.2, 0.2), between(0.95, 1.1), 0, 0);
    const weight = random() < 0.5 ? 400 : 700;
    context.font = `${weight} 24px ${fonts[Math.floor(random() * fonts.length)]}`;
    context.fillText(String(i % 10), 0, 0);
    context.restore();
  }
  return tilesOf(context);
}
