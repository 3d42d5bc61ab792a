// Programs under Node see its environment, which says what tests are to do.
Module.preRun = () => Object.assign(ENV, process.env);
