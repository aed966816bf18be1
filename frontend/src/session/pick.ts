import { deniesMicrophones, newPeerIn, newPeerInPage } from './anyroute';
import { startEngine } from './engine';
import { LoopbackTransport } from './loopback';
import type { TransportEvents, VoiceTransport } from './transport';
import { WebRTCTransport } from './webrtc';

/** How this page carries a voice. */
export interface Pick {
  /** undefined where it cannot: rooms then open in a browser. */
  transport: ((events: TransportEvents) => VoiceTransport) | undefined;
  /** Whether the user can choose that this window talks itself, which is on trial. */
  onTrial: boolean;
}

/**
 * chosen tells whether the user has chosen that a window without WebRTC talks itself; loopback that any page is to carry
 * its voice as such a window does.
 */
export async function pickTransport(
  page: Window,
  devices: MediaDevices | undefined,
  chosen: () => Promise<boolean>,
  loopback: boolean,
): Promise<Pick> {
  if ('RTCPeerConnection' in page && !loopback) {
    const transport = (events: TransportEvents) =>
      new WebRTCTransport({
        events,
        parent: page.document.body,
        devices,
        microphoneFirst: page.go !== undefined && page.navigator.userAgent.includes('Macintosh'),
        newPeer: newPeerIn(page.document),
        newPeerInstead: deniesMicrophones() ? newPeerInPage : undefined,
        now: () => Date.now(),
      });
    return { transport, onTrial: false };
  }
  if (!devices || !hasThreads()) return { transport: undefined, onTrial: false };
  if (!loopback && !(await chosen())) return { transport: undefined, onTrial: true };
  const transport = (events: TransportEvents) => new LoopbackTransport({ events, devices, startEngine, touched });
  return { transport, onTrial: true };
}

function touched(): boolean {
  // Not every WebKit knows it.
  const activation = navigator.userActivation as UserActivation | undefined;
  return activation?.hasBeenActive ?? true;
}

/** Whether the threads of engine.ts can be: an audio thread, and WebAssembly with its vectors in it. */
function hasThreads(): boolean {
  if (typeof AudioWorkletNode === 'undefined' || typeof WebAssembly === 'undefined') return false;
  // A function that makes a vector (i8x16.splat) and drops it.
  const vectors = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11];
  return WebAssembly.validate(new Uint8Array(vectors));
}
