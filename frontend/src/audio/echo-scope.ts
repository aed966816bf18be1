/** The echo canceller assigns a global variable that it does not declare; in a module there must be one. */
(globalThis as { WebRtcAec3Wasm?: string | undefined }).WebRtcAec3Wasm = undefined;
