/* Trains a generator of images in MNIST's format, or of a folder of pictures, as the command line says, and writes
 * pictures of samples, the losses as CSV and as a plot, the models and a checkpoint, after each epoch, every minute
 * and at the end. Ctrl-C saves and exits; --resume continues from there. */
#ifndef EXAMPLES_TRAINING_H
#define EXAMPLES_TRAINING_H

/* The whole program, which trains `model`, "dense" or "dcgan", unless --model names another; `usage` is for the help
 * text. Returns the exit status. */
int train_on_images(const char *usage, const char *model, int argc, char **argv);

#endif
