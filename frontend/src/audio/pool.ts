import type { Channels } from './messages';

/** Most that are kept: a second of ten seats would be more than ever is under way. */
const most = 64;

/** Sample buffers that were used and can be again. */
export class Pool {
  private readonly free: Float32Array<ArrayBuffer>[] = [];

  take(length: number): Float32Array<ArrayBuffer> {
    const found = this.free.findIndex((samples) => samples.length === length);
    if (found < 0) return new Float32Array(length);
    return this.free.splice(found, 1)[0] ?? new Float32Array(length);
  }

  put(channels: Channels): void {
    this.free.push(...channels);
    if (this.free.length > most) this.free.splice(0, this.free.length - most);
  }
}

export function buffersOf(channels: Channels): ArrayBuffer[] {
  return channels.map(({ buffer }) => buffer);
}
