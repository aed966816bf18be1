/** WebAssembly in the audio thread, where nothing can be fetched and nothing decodes base64: it comes as a data: URL. */

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of a data: URL in base64. */
export function bytesOf(url: string): Uint8Array<ArrayBuffer> {
  const text = url.slice(url.indexOf(',') + 1).replace(/=+$/, '');
  const values = new Uint8Array(128);
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  for (let i = 0, at = 0; i < text.length; i++) {
    bits = (bits << 6) | (values[text.charCodeAt(i)] ?? 0);
    if (i % 4 > 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** Compiles and starts the module of a data: URL. Its memory must not move: views of it are kept. */
export async function start<Exports>(url: string, imports: WebAssembly.Imports): Promise<Exports> {
  const { instance } = await WebAssembly.instantiate(bytesOf(url), imports);
  return instance.exports as Exports;
}
