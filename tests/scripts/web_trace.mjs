// What web_trace.c prints, of libgan.wasm: web_trace.mjs LIBGAN.JS LIBGAN.WASM.GZ
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const [library, file] = process.argv.slice(2);
const { instantiate } = await import(pathToFileURL(library));
const SAMPLES = 1000, SHOWN = 8;

function trace(gan, kind, size, steps, loss) {
  gan.start(kind, 3, size);
  gan.set({ loss, generatorRate: 1e-3, discriminatorRate: 1e-3, penalty: 0.25 });
  gan.setData(Float32Array.from({ length: SAMPLES * size }, (_, i) => (((i % 97) * 37) % 61) / 32 - 1));
  for (let step = 0; step < steps; step++) {
    gan.call('web_train', 1e9, 1);
    const { discriminatorLoss, generatorLoss } = gan.report();
    console.log(discriminatorLoss, generatorLoss);
  }
  const samples = gan.sample(SHOWN, false);
  const { logits, gradients } = gan.judge(null, SHOWN, true);
  for (let i = 0; i < SHOWN; i++) console.log(samples[i * size], logits[i], gradients[i * size]);
}

const gan = await instantiate(gunzipSync(await readFile(file)));
if (gan.exports.web_start(0, 1) !== 0) throw new Error('no game');
if (gan.exports.web_cpu() !== 4) throw new Error(`the level is ${gan.exports.web_cpu()}, expected GAN_CPU_SIMD128`);
trace(gan, 0, 2, 12, 5);
trace(gan, 1, 784, 3, 0);
