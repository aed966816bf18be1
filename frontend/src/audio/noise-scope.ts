/** The noise suppressor wants to be in a window or a worker; the audio thread says that it is neither. */
const scope = globalThis as { WorkerGlobalScope?: unknown };
scope.WorkerGlobalScope ??= Object;
