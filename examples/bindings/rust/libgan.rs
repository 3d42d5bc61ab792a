//! libgan in Rust: the few declarations that a program needs, behind types that release what they own, and a program that
//! trains, saves, loads and samples with them. A struct of options begins with its size, so that it need not have more
//! fields than are used.
//!
//!     rustc libgan.rs -L native=FOLDER -l dylib=gan && ./libgan generator.safetensors
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};

#[repr(C)]
struct Shape {
    rank: c_int,
    dims: [i64; 6],
}

#[repr(C)]
struct TrainerOptions {
    struct_size: usize,
    batch: i64,
    learning_rate: f32,
    beta1: f32,
}

#[repr(C)]
struct SampleOptions {
    struct_size: usize,
    seed: u64,
}

extern "C" {
    fn gan_last_error() -> *const c_char;
    fn gan_context_create(options: *const c_void, out: *mut *mut c_void) -> c_int;
    fn gan_context_destroy(context: *mut c_void);
    fn gan_model_create(context: *mut c_void, out: *mut *mut c_void) -> c_int;
    fn gan_model_destroy(model: *mut c_void);
    fn gan_model_add(model: *mut c_void, layer: *mut c_void) -> i32;
    fn gan_model_build(model: *mut c_void, seed: u64) -> c_int;
    fn gan_model_save(model: *const c_void, path: *const c_char) -> c_int;
    fn gan_model_load(context: *mut c_void, path: *const c_char, out: *mut *mut c_void) -> c_int;
    fn gan_model_sample(model: *mut c_void, options: *const SampleOptions, count: i64, out: *mut f32) -> c_int;
    fn gan_layer_input(context: *mut c_void, shape: Shape) -> *mut c_void;
    fn gan_layer_dense(context: *mut c_void, units: i64, options: *const c_void) -> *mut c_void;
    fn gan_layer_leaky_relu(context: *mut c_void, options: *const c_void) -> *mut c_void;
    fn gan_trainer_create(context: *mut c_void, generator: *mut c_void, discriminator: *mut c_void,
                          options: *const TrainerOptions, out: *mut *mut c_void) -> c_int;
    fn gan_trainer_destroy(trainer: *mut c_void);
    fn gan_trainer_step(trainer: *mut c_void, samples: *const f32, batch: i64, report: *mut c_void) -> c_int;
}

/// A handle and the function that destroys it. Handles keep what they need alive, so they may go in any order.
struct Handle(*mut c_void, unsafe extern "C" fn(*mut c_void));

impl Drop for Handle {
    fn drop(&mut self) {
        unsafe { (self.1)(self.0) }
    }
}

type Result<T> = std::result::Result<T, String>;

/// The library's sentence, which is this thread's, if the call that returned `status` failed.
fn check(status: c_int) -> Result<()> {
    match status {
        0 => Ok(()),
        _ => Err(unsafe { CStr::from_ptr(gan_last_error()) }.to_string_lossy().into_owned()),
    }
}

fn create(destroy: unsafe extern "C" fn(*mut c_void), call: impl FnOnce(*mut *mut c_void) -> c_int) -> Result<Handle> {
    let mut pointer = null_mut();
    check(call(&mut pointer))?;
    Ok(Handle(pointer, destroy))
}

/// Dense layers with leaky ReLU between them.
fn model(context: &Handle, inputs: i64, layers: &[i64], seed: u64) -> Result<Handle> {
    unsafe {
        let model = create(gan_model_destroy, |out| gan_model_create(context.0, out))?;
        gan_model_add(model.0, gan_layer_input(context.0, Shape { rank: 1, dims: [inputs, 0, 0, 0, 0, 0] }));
        for (i, &units) in layers.iter().enumerate() {
            if i > 0 {
                gan_model_add(model.0, gan_layer_leaky_relu(context.0, null()));
            }
            gan_model_add(model.0, gan_layer_dense(context.0, units, null()));
        }
        check(gan_model_build(model.0, seed))?;
        Ok(model)
    }
}

fn sample(model: &Handle, seed: u64, count: usize, size: usize) -> Result<Vec<f32>> {
    let options = SampleOptions { struct_size: std::mem::size_of::<SampleOptions>(), seed };
    let mut values = vec![0.0; count * size];
    check(unsafe { gan_model_sample(model.0, &options, count as i64, values.as_mut_ptr()) })?;
    Ok(values)
}

fn main() -> Result<()> {
    let square: [f32; 8] = [-1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0];
    let path = CString::new(std::env::args().nth(1).ok_or("expected the file to write")?).map_err(|e| e.to_string())?;
    let context = create(gan_context_destroy, |out| unsafe { gan_context_create(null(), out) })?;
    let (generator, discriminator) = (model(&context, 2, &[16, 2], 1)?, model(&context, 2, &[16, 1], 2)?);
    let size = std::mem::size_of::<TrainerOptions>();
    let options = TrainerOptions { struct_size: size, batch: 4, learning_rate: 1e-3, beta1: 0.0 };
    let trainer = create(gan_trainer_destroy, |out| unsafe {
        gan_trainer_create(context.0, generator.0, discriminator.0, &options, out)
    })?;
    for _ in 0..5 {
        check(unsafe { gan_trainer_step(trainer.0, square.as_ptr(), 4, null_mut()) })?;
    }
    check(unsafe { gan_model_save(generator.0, path.as_ptr()) })?;
    let loaded = create(gan_model_destroy, |out| unsafe { gan_model_load(context.0, path.as_ptr(), out) })?;
    let samples = sample(&loaded, 7, 3, 2)?;
    assert_eq!(samples, sample(&generator, 7, 3, 2)?);
    let missing = CString::new("no such file").unwrap();
    let refused = create(gan_model_destroy, |out| unsafe { gan_model_load(context.0, missing.as_ptr(), out) });
    assert!(refused.err().map_or(false, |sentence| sentence.contains("no such file")));
    println!("{samples:?}");
    Ok(())
}
