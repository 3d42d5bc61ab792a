// libgan.wasm as an object: its functions, and the memory that they share with this page. There is no file system and no
// console behind it; what the module asks of a system beside the clock fails, and libgan says so.

const NO_SUCH_CALL = -52;

function importsFor(module, instance) {
  const view = () => new DataView(instance.exports.memory.buffer);
  const known = {
    clock_time_get(clock, precision, out) {
      view().setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true);
      return 0;
    },
    environ_sizes_get(count, size) {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    emscripten_notify_memory_growth: () => {},
    proc_exit(code) {
      throw new Error(`the module ended with ${code}`);
    },
  };
  const imports = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    imports[space] ??= {};
    imports[space][name] = known[name] ?? (() => NO_SUCH_CALL);
  }
  return imports;
}

// `bytes`: of libgan.wasm. Rejects where the engine has no SIMD.
export async function instantiate(bytes) {
  const module = await WebAssembly.compile(bytes);
  const instance = {};
  const running = await WebAssembly.instantiate(module, importsFor(module, instance));
  instance.exports = running.exports;
  running.exports._initialize?.();
  return new Libgan(running.exports);
}

export const DIVERGED = 12; // GAN_ERROR_DIVERGED

export class Libgan {
  constructor(exports) {
    this.exports = exports;
  }

  // An array of the module's memory: valid until the next call.
  floats(address, count) {
    return new Float32Array(this.exports.memory.buffer, address, count);
  }

  text(address) {
    const bytes = new Uint8Array(this.exports.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
  }

  // Calls a function that returns a status, and throws the sentence of what failed.
  call(name, ...args) {
    const status = this.exports[name](...args);
    if (status === 0) return;
    const error = new Error(this.text(this.exports.web_error()));
    error.status = status;
    throw error;
  }

  room(name, count) {
    const address = this.exports[name](count);
    if (address === 0) throw new Error(this.text(this.exports.web_error()));
    return address;
  }

  start(kind, seed, size) {
    this.size = size;
    this.call('web_start', kind, seed);
  }

  setData(samples) {
    const address = this.room('web_data', samples.length / this.size);
    this.floats(address, samples.length).set(samples);
  }

  set({ loss, generatorRate, discriminatorRate, penalty }) {
    this.call('web_set', loss, generatorRate, discriminatorRate, penalty);
  }

  report() {
    const values = new Float64Array(this.exports.memory.buffer, this.exports.web_report(), 8);
    const [steps, discriminatorLoss, generatorLoss, real, fake, diversity, diagnoses, stepTime] = values;
    return { steps, discriminatorLoss, generatorLoss, real, fake, diversity, diagnoses, stepTime };
  }

  diagnoses(bits) {
    const found = [];
    for (let bit = 1; bit <= bits; bit *= 2) {
      if ((bits & bit) === 0) continue;
      const { web_diagnosis_name: name, web_diagnosis_advice: advice } = this.exports;
      found.push({ name: this.text(name(bit)), advice: this.text(advice(bit)) });
    }
    return found;
  }

  sample(count, average) {
    this.call('web_sample', count, average ? 1 : 0);
    return this.floats(this.exports.web_shown(count), count * this.size).slice();
  }

  // D's logits of samples, or of those that were sampled last; with gradients, if they are wanted.
  judge(samples, count, gradients = false) {
    const address = this.room('web_shown', count);
    if (samples) this.floats(address, samples.length).set(samples);
    this.call('web_judge', count, gradients ? 1 : 0);
    return {
      logits: this.floats(this.exports.web_logits(), count).slice(),
      gradients: gradients ? this.floats(this.exports.web_gradients(), count * this.size).slice() : null,
    };
  }

  // 'web_save': all that training goes on from; 'web_save_generator': a model's file.
  save(name) {
    this.call(name);
    const { memory, web_saved: data, web_saved_size: size } = this.exports;
    return new Uint8Array(memory.buffer, data(), size()).slice();
  }

  load(bytes) {
    const address = this.exports.web_allocate(bytes.length);
    if (address === 0) throw new Error('the file does not fit');
    new Uint8Array(this.exports.memory.buffer, address, bytes.length).set(bytes);
    try {
      this.call('web_load', address, bytes.length);
    } finally {
      this.exports.web_release(address);
    }
  }
}
