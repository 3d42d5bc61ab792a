// The page: settings in, frames out. What trains is worker.js; what is drawn is view.js.
import { drawDigits, EXTENT, loadGarments, pointsOf, PIXELS, PRESETS } from './data.js';
import { clearGround, Curves, drawPictures, drawPlane, judgeBy, onPaletteChange, PICTURES } from './view.js';

const $ = (id) => document.getElementById(id);
const HEAT_SIDE = 48, SHOWN_POINTS = 500, JUDGED_REAL = 128, POOL = 4096;
// Milliseconds of training between two looks at it.
const BUDGET = 22;

const KINDS = {
  plane: { code: 0, size: 2, settings: { loss: 5, generatorRate: 2e-3, discriminatorRate: 2e-3, penalty: 0.3 } },
  pictures: { code: 1, size: PIXELS, settings: { loss: 0, generatorRate: 2e-3, discriminatorRate: 2e-3, penalty: 0.1 } },
};

const LOSS_NOTES = [
  'The original game, with the generator’s loss turned so that its gradient lasts (Goodfellow et al., 2014).',
  'The minimax game itself: once the discriminator is sure, the generator learns nothing.',
  'Squares in place of logarithms: gradients last as long as samples are off (Mao et al., 2017).',
  'A distance in place of a verdict. It needs a smooth discriminator: keep the penalty up (Arjovsky et al., 2017).',
  'The discriminator stops caring once it is right by a margin (Lim and Ye, 2017).',
  'Real and generated samples are judged in pairs; with the penalty, it is R3GAN (Huang et al., 2024).',
];

// What a test, or a curious visitor, reads in the console.
const page = { kind: 'plane', playing: false, ready: false, seen: null, frames: [], points: new Float32Array(0), errors: [] };
globalThis.page = page;

let dabs = [], spread = 0, pictures = 'garments', settings = KINDS.plane.settings;
let seed = 1, steps = 0, dataChanged = false, viewChanged = true, pending = false, owed = 0;
let generation = 0; // of networks: what an earlier one answers is not drawn
let choices = 0; // of what is learned: what an earlier one has still to load is not taken
const kept = { plane: KINDS.plane.settings, pictures: KINDS.pictures.settings }; // of each tab, as they were left

// ---- The worker -----------------------------------------------------------------------------------------------------

const worker = new Worker('worker.js', { type: 'module' });
const waiting = new Map();
let asked = 0;

worker.onmessage = ({ data: { id, answer, error } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(new Error(error));
  else resolve(answer);
};
worker.onerror = (event) => complain(new Error(event.message || 'the worker could not be started'));

function ask(type, message = {}) {
  return new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject });
    worker.postMessage({ id: asked, type, ...message });
  });
}
page.ask = ask;

const say = (text) => { $('busy').textContent = text; };

function complain(error) {
  page.errors.push(error.message);
  say(error.message);
  setPlaying(false);
}

// ---- Frames ---------------------------------------------------------------------------------------------------------

const losses = new Curves($('losses'), {});
const judgements = new Curves($('judgements'), { low: 0, high: 1 });

const isPlane = () => page.kind === 'plane';
const hasData = () => page.points.length > 0;

function view() {
  return { count: isPlane() ? SHOWN_POINTS : PICTURES.fake, average: $('average').checked, extent: EXTENT,
           heat: isPlane() && $('heat').checked ? HEAT_SIDE : 0,
           real: page.points.slice(0, isPlane() ? 2 * JUDGED_REAL : PICTURES.real * PIXELS) };
}

function stepsDue(seconds) {
  const speed = $('speed').value;
  if (!page.playing) return 0;
  if (speed === 'full') return 1e6;
  if (speed === 'frame') return 1;
  owed = Math.min(owed + seconds * Number(speed), 4);
  return Math.floor(owed);
}

async function request(most) {
  const asking = generation;
  pending = true;
  viewChanged = false;
  try {
    if (dataChanged) {
      dataChanged = false;
      await ask('data', { data: page.points });
    }
    if (asking !== generation) return;
    const seen = await ask('frame', { budget: BUDGET, most, view: view() });
    if (asking === generation) take(seen);
  } catch (error) {
    if (asking === generation) complain(error);
  } finally {
    pending = false;
  }
  // The worker goes on while the page draws.
  if (page.playing && page.ready && hasData() && !document.hidden && $('speed').value === 'full') request(1e6);
}

function take(seen) {
  owed = Math.max(0, owed - seen.taken);
  page.seen = { ...seen, fresh: true };
  steps = seen.steps;
  if (seen.taken > 0) {
    const judge = judgeBy(settings.loss, seen.realLogits, seen.logits);
    const mean = (logits) => logits.reduce((sum, logit) => sum + judge(logit), 0) / logits.length;
    page.judged = [mean(seen.realLogits), mean(seen.logits)];
    losses.add(steps, seen.discriminatorLoss, seen.generatorLoss);
    judgements.add(steps, ...page.judged);
  }
  if (seen.failed) setPlaying(false);
}

function draw() {
  const canvas = $('view');
  const options = { loss: settings.loss, arrows: $('arrows').checked, heat: $('heat').checked };
  if (isPlane()) drawPlane(canvas, $('ground'), page.seen, { ...options, points: page.points, extent: EXTENT, side: HEAT_SIDE });
  else drawPictures(canvas, page.seen, { ...options, real: page.points });
  $('steps').textContent = steps.toLocaleString('en');
}

const number = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const slow = { at: 0, steps: 0 };

// Curves and numbers: five times a second, as fast as they can be read.
function report(now) {
  const { seen } = page;
  if (!seen || now - slow.at < 200) return;
  const rate = ((steps - slow.steps) * 1000) / (now - slow.at);
  Object.assign(slow, { at: now, steps });
  losses.draw();
  judgements.draw();
  const key = (id, names, values) => {
    $(id).innerHTML = `<span class="real">${names[0]} <b>${number(values[0])}</b></span>
      <span class="fake">${names[1]} <b>${number(values[1])}</b></span>`;
  };
  key('losses-key', ['discriminator', 'generator'], [seen.discriminatorLoss, seen.generatorLoss]);
  key('judgements-key', ['real', 'generated'], page.judged ?? []);
  $('step-time').textContent = seen.stepTime > 0 ? `${seen.stepTime.toFixed(seen.stepTime < 10 ? 1 : 0)} ms` : '–';
  $('rate').textContent = page.playing && rate >= 0 ? Math.round(rate).toLocaleString('en') : '–';
  const recent = page.frames.slice(-60).sort((a, b) => a - b);
  $('frame-time').textContent = recent.length > 0 ? `${Math.round(recent[recent.length >> 1])} ms` : '–';
  showDiagnosis(seen);
}

let shownDiagnosis = '';

function showDiagnosis({ found, failed, diversity }) {
  const parts = found.map(({ name, advice }) => [name, advice]);
  if (failed) parts.unshift(['It cannot go on', failed]);
  const text = JSON.stringify([parts, parts.length > 0 ? 0 : number(diversity), steps === 0]);
  if (text === shownDiagnosis) return;
  shownDiagnosis = text;
  $('diagnosis').classList.toggle('trouble', parts.length > 0);
  const lines = parts.map(([name, advice]) => {
    const line = document.createElement('p');
    const title = document.createElement('b');
    title.textContent = `${name}. `;
    line.append(title, advice);
    return line;
  });
  if (lines.length === 0) {
    const line = document.createElement('p');
    line.textContent = !(diversity > 0) ? 'Not enough steps yet to tell.'
      : `Nothing looks wrong. Diversity is ${number(diversity)}: 1 when generated samples differ as much as real ones.`;
    lines.push(line);
  }
  $('found').replaceChildren(...lines);
}

let before = 0;

function tick(now) {
  if (before > 0 && !document.hidden) page.frames.push(now - before);
  if (page.frames.length > 5000) page.frames.splice(0, 2500);
  const seconds = Math.min((now - before) / 1000, 0.2);
  before = now;
  if (page.ready) {
    const due = hasData() ? stepsDue(seconds) : 0;
    if (!pending && (due > 0 || viewChanged)) request(due);
    if (page.seen?.fresh || page.redraw) {
      if (page.seen) page.seen.fresh = false;
      page.redraw = false;
      draw();
    }
    report(now);
  }
  requestAnimationFrame(tick);
}

// ---- Data -----------------------------------------------------------------------------------------------------------

function changeDabs(changed, changedSpread = spread) {
  dabs = changed;
  spread = changedSpread;
  page.points = pointsOf(dabs, spread, POOL);
  dataChanged = hasData();
  page.redraw = true;
  viewChanged = true;
  $('hint').textContent = dabs.length === 0 ? 'Draw here with the mouse or a finger' : 'Draw to add data; Shift erases';
}

function choosePreset(name) {
  for (const button of document.querySelectorAll('[data-preset]'))
    button.setAttribute('aria-pressed', String(button.dataset.preset === name));
  if (name === 'clear') changeDabs([]);
  else changeDabs([...PRESETS[name].dabs], PRESETS[name].spread);
}

function brush(event) {
  const box = $('view').getBoundingClientRect();
  const x = (2 * (event.clientX - box.left)) / box.width - 1, y = 1 - (2 * (event.clientY - box.top)) / box.height;
  if (Math.max(Math.abs(x), Math.abs(y)) > 1) return;
  const size = Number($('brush').value);
  if (event.shiftKey || event.buttons === 2) {
    changeDabs(dabs.filter((dab) => Math.hypot(dab.x - x, dab.y - y) > Math.max(2 * size, 0.06)));
    return;
  }
  const last = dabs.at(-1);
  if (last?.spread === size && Math.hypot(last.x - x, last.y - y) < size / 2) return;
  changeDabs([...dabs, { x, y, spread: size }]);
}

const PICTURE_NOTES = {
  garments: '500 pictures, 50 of each kind.',
  digits: '600 digits, in the fonts of your machine.',
};

async function choosePictures(name) {
  const choice = ++choices;
  for (const button of document.querySelectorAll('[data-pictures]'))
    button.setAttribute('aria-pressed', String(button.dataset.pictures === name));
  $('pictures-note').textContent = PICTURE_NOTES[name];
  pictures = name;
  try {
    const points = name === 'garments' ? await loadGarments() : drawDigits();
    if (choice !== choices) return;
    page.points = points;
    await restart();
  } catch (error) {
    if (choice === choices) complain(error);
  }
}

// ---- Settings -------------------------------------------------------------------------------------------------------

const SLIDERS = [['generator-rate', 'generatorRate'], ['discriminator-rate', 'discriminatorRate'], ['penalty', 'penalty']];

function shortNumber(value) {
  if (value === 0) return 'off';
  return value < 0.01 ? value.toExponential(1).replace('e-', 'e−') : value.toPrecision(2);
}

function showSettings() {
  $('loss').value = String(settings.loss);
  $('loss-note').textContent = LOSS_NOTES[settings.loss];
  for (const [id, name] of SLIDERS) {
    const slider = $(id), value = settings[name];
    slider.value = String(value > 0 ? Math.log10(value) : slider.min);
    slider.previousElementSibling.textContent = shortNumber(value);
    slider.setAttribute('aria-valuetext', shortNumber(value));
  }
}

function readSlider(id, name) {
  const slider = $(id);
  const off = name === 'penalty' && Number(slider.value) <= Number(slider.min);
  settings = { ...settings, [name]: off ? 0 : 10 ** Number(slider.value) };
  showSettings();
}

const sendSettings = () => page.ready && ask('set', { settings }).catch(complain);

function setPlaying(playing) {
  page.playing = playing;
  $('play').classList.toggle('paused', !playing);
  $('play').setAttribute('aria-label', playing ? 'Pause' : 'Train');
}

function showLegend() {
  const dot = (name, text) => `<span><i class="dot-${name}"></i>${text}</span>`;
  const ramp = '<span>judged generated<i class="ramp"></i>judged real</span>';
  $('legend').innerHTML = isPlane() ? dot('real', 'real points') + dot('fake', 'generated points') + ramp
    : dot('real', 'frame: judged real') + dot('fake', 'frame: judged generated; the fainter, the less sure');
  $('arrows-label').textContent = isPlane() ? 'where the gradient pushes samples' : 'what the discriminator would change';
}

// ---- Beginning ------------------------------------------------------------------------------------------------------

function beginCurves() {
  steps = slow.steps = 0;
  losses.clear();
  judgements.clear();
}

async function restart() {
  const starting = ++generation;
  page.ready = false;
  page.seen = null;
  page.judged = null;
  owed = 0;
  dataChanged = false;
  beginCurves();
  try {
    const { code, size } = KINDS[page.kind];
    await ask('start', { kind: code, size, seed: seed++, settings, data: page.points });
    if (starting !== generation) return;
    viewChanged = true;
    page.ready = true;
    say('');
  } catch (error) {
    if (starting === generation) complain(error);
  }
}

async function chooseKind(kind) {
  generation++;
  choices++;
  page.ready = false;
  page.points = new Float32Array(0);
  kept[page.kind] = settings;
  settings = kept[kind];
  page.kind = kind;
  for (const name of Object.keys(KINDS)) {
    $(`tab-${name}`).setAttribute('aria-selected', String(name === kind));
    $(`tab-${name}`).tabIndex = name === kind ? 0 : -1;
    document.body.classList.toggle(name, name === kind);
  }
  $('stage').setAttribute('aria-labelledby', `tab-${kind}`);
  showSettings();
  showLegend();
  if (kind === 'plane') {
    changeDabs(dabs);
    await restart();
  } else {
    $('hint').textContent = '';
    clearGround($('ground'));
    await choosePictures(pictures);
  }
}

function download(bytes, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A file that is refused leaves the training as it was, and that goes on.
async function openTraining(file) {
  const opening = generation;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (opening !== generation) return;
    await ask('open', { bytes });
    if (opening !== generation) return;
    beginCurves();
    viewChanged = true;
  } catch (error) {
    say(error.message);
  }
}

// What a control does with a key stays its own.
function isOwnKey(control, key) {
  if (!control) return false;
  if (control.matches('select')) return true;
  if (control.matches('[type=range]')) return key.startsWith('arrow');
  return key === ' ';
}

function listen() {
  const on = (id, event, act) => $(id).addEventListener(event, act);
  const again = () => { restart(); setPlaying(true); };
  const once = () => { setPlaying(false); if (page.ready && !pending && hasData()) request(1); };
  on('play', 'click', () => setPlaying(!page.playing));
  on('step', 'click', once);
  on('again', 'click', again);
  on('loss', 'change', () => {
    settings = { ...settings, loss: Number($('loss').value) };
    showSettings();
    sendSettings();
  });
  for (const [id, name] of SLIDERS) {
    on(id, 'input', () => readSlider(id, name));
    on(id, 'change', sendSettings);
  }
  for (const id of ['heat', 'arrows', 'average']) on(id, 'change', () => { viewChanged = page.redraw = true; });
  for (const button of document.querySelectorAll('[data-preset]'))
    button.addEventListener('click', () => choosePreset(button.dataset.preset));
  for (const button of document.querySelectorAll('[data-pictures]'))
    button.addEventListener('click', () => choosePictures(button.dataset.pictures));
  for (const name of Object.keys(KINDS)) on(`tab-${name}`, 'click', () => chooseKind(name));
  document.querySelector('[role=tablist]').addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = $(isPlane() ? 'tab-pictures' : 'tab-plane');
    other.focus();
    other.click();
    event.stopPropagation();
  });
  const canvas = $('view');
  canvas.addEventListener('pointerdown', (event) => {
    if (!isPlane()) return;
    canvas.setPointerCapture(event.pointerId);
    brush(event);
  });
  canvas.addEventListener('pointermove', (event) => { if (isPlane() && event.buttons > 0) brush(event); });
  canvas.addEventListener('contextmenu', (event) => { if (isPlane()) event.preventDefault(); });
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase();
    if (isOwnKey(event.target.closest('input, select, button'), key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ' ': () => setPlaying(!page.playing), arrowright: once, r: again }[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  on('save-generator', 'click', () => ask('save', { what: 'web_save_generator' })
    .then(({ bytes }) => download(bytes, 'generator.safetensors')).catch(complain));
  on('save', 'click', () => ask('save', { what: 'web_save' })
    .then(({ bytes }) => download(bytes, `${page.kind}.checkpoint`)).catch(complain));
  on('open', 'click', () => $('file').click());
  on('file', 'change', async () => {
    const [file] = $('file').files;
    if (!file) return;
    await openTraining(file);
    $('file').value = '';
  });
  // What a message said is over with what the visitor does next; without networks there is nothing else to say.
  for (const event of ['pointerdown', 'keydown', 'click', 'change'])
    document.addEventListener(event, () => { if (page.ready) say(''); }, { capture: true });
  onPaletteChange(() => { page.redraw = true; });
}

async function begin() {
  listen();
  document.body.classList.add('plane');
  const { bytes } = await ask('load', { url: 'libgan.wasm.gz' });
  $('module-size').textContent = `${Math.round(bytes / 1024)} KB`;
  choosePreset('ring');
  await chooseKind(page.kind);
  setPlaying(!matchMedia('(prefers-reduced-motion: reduce)').matches);
  requestAnimationFrame(tick);
}

begin().catch(complain);
