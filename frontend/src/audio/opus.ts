/** Opus, in the audio thread: libopus, which also makes up what was lost. Loaded after the thread has begun, see care.ts. */
import binary from '@evan/opus/wasm/simd.wasm?url&inline';
import { parts, type OpusDecoder, type OpusEncoder } from './care';
import { sampleRate, type Encoding } from './messages';
import { start } from './wasm';

interface Library {
  memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  free(at: number): void;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(at: number, rate: number, channels: number): number;
  opus_decode(at: number, packet: number, bytes: number, samples: number, most: number, fec: number): number;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(at: number, rate: number, channels: number, application: number): number;
  opus_encoder_ctl_set(at: number, request: number, value: number): number;
  opus_encode(at: number, samples: number, count: number, packet: number, most: number): number;
}

/** Largest packet, 120 ms, in samples, and in bytes as RFC 6716 §3.2 has it for one frame. */
const mostSamples = 5760;
const mostBytes = 4000;
/** opus_defines.h */
const [voip, audio] = [2048, 2049];
const [setBitrate, setComplexity, setDTX] = [4002, 4010, 4016];
/** Of 0 to 10. From 7 on a held note is told from noise, which is not sent; 9, as in Chromium, takes twice the time. */
const complexity = 7;
/** Full scale of 16 bits. */
const large = 32768;

parts.earshotOpus = load();

async function load() {
  let views: { samples: Int16Array; packet: Uint8Array };
  const none = () => 0;
  const library: Library = await start<Library>(binary, {
    wasi_snapshot_preview1: { proc_exit: none, fd_close: none, fd_write: none, fd_seek: none },
    env: { emscripten_notify_memory_growth: () => (views = viewed()) },
  });
  library._initialize();
  const samplesAt = library.malloc(2 * 2 * mostSamples);
  const packetAt = library.malloc(mostBytes);
  const viewed = () => ({
    samples: new Int16Array(library.memory.buffer, samplesAt, 2 * mostSamples),
    packet: new Uint8Array(library.memory.buffer, packetAt, mostBytes),
  });
  views = viewed();

  /** A decoder begins with one channel, and takes two when a packet has them (RFC 6716 §3.1: the bit in its first byte). */
  function decoder(): OpusDecoder {
    let channels = 0;
    let state = 0;
    let sound: Float32Array[] = [];
    function begin(count: number): void {
      if (state) library.free(state);
      channels = count;
      state = library.malloc(library.opus_decoder_get_size(channels));
      library.opus_decoder_init(state, sampleRate, channels);
      sound = Array.from({ length: channels }, () => new Float32Array(mostSamples));
    }
    begin(1);
    function decoded(count: number): Float32Array[] | undefined {
      if (count <= 0) return undefined;
      const { samples } = views;
      sound.forEach((channel, offset) => {
        for (let i = 0; i < count; i++) channel[i] = (samples[channels * i + offset] ?? 0) / large;
      });
      return sound.map((channel) => channel.subarray(0, count));
    }
    return {
      decode(packet) {
        if (packet.length > mostBytes) return undefined;
        if (channels === 1 && ((packet[0] ?? 0) & 4) > 0) begin(2);
        views.packet.set(packet);
        return decoded(library.opus_decode(state, packetAt, packet.length, samplesAt, mostSamples, 0));
      },
      makeUp: (count) => decoded(library.opus_decode(state, 0, 0, samplesAt, count, 0)),
    };
  }

  function encoder({ channels, bitrate, packet }: Encoding): OpusEncoder {
    const state = library.malloc(library.opus_encoder_get_size(channels));
    library.opus_encoder_init(state, sampleRate, channels, channels === 1 ? voip : audio);
    library.opus_encoder_ctl_set(state, setBitrate, bitrate);
    library.opus_encoder_ctl_set(state, setComplexity, complexity);
    library.opus_encoder_ctl_set(state, setDTX, channels === 1 ? 1 : 0);
    return {
      encode(sound) {
        const { samples } = views;
        sound.forEach((channel, offset) => {
          for (let i = 0; i < packet; i++)
            samples[channels * i + offset] = Math.max(
              -large,
              Math.min(large - 1, Math.round((channel[i] ?? 0) * large)),
            );
        });
        const bytes = library.opus_encode(state, samplesAt, packet, packetAt, mostBytes);
        return bytes > 0 ? views.packet.subarray(0, bytes) : undefined;
      },
      close: () => library.free(state),
    };
  }

  return { decoder, encoder };
}
