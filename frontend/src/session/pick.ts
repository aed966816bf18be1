import type { VoiceWay } from '../app/api';
import { deniesMicrophones, newPeerIn, newPeerInPage } from './anyroute';
import { startCardEngine } from './cardengine';
import { startEngine } from './engine';
import { LoopbackTransport } from './loopback';
import type { TransportEvents, VoiceTransport } from './transport';
import { AudioWorkshop, type Workshop } from './workshop';
import { WebRTCTransport } from './webrtc';

/** How this page carries a voice. */
export interface Pick {
  /** undefined where it cannot: rooms then open in a browser. */
  transport: ((events: TransportEvents) => VoiceTransport) | undefined;
  /** Whether the user can choose that rooms open in a browser instead. */
  optional: boolean;
  /** What the check of the microphone uses; undefined where the voice goes another way. */
  workshop?: Workshop;
  newPeer?: () => RTCPeerConnection;
}

/**
 * way tells how a window without WebRTC carries its voice, '' when rooms open in a browser instead; forced that any page is
 * to carry its voice so.
 */
export async function pickTransport(
  page: Window,
  devices: MediaDevices | undefined,
  way: () => Promise<VoiceWay | ''>,
  forced: VoiceWay | undefined,
): Promise<Pick> {
  if ('RTCPeerConnection' in page && !forced) {
    const workshop = new AudioWorkshop();
    const newPeer = newPeerIn(page.document);
    const transport = (events: TransportEvents) =>
      new WebRTCTransport({
        events,
        parent: page.document.body,
        devices,
        workshop,
        microphoneFirst: page.go !== undefined && page.navigator.userAgent.includes('Macintosh'),
        newPeer,
        newPeerInstead: deniesMicrophones() ? newPeerInPage : undefined,
        now: () => Date.now(),
      });
    return { transport, optional: false, workshop, newPeer };
  }
  if (!hasThreads()) return { transport: undefined, optional: false };
  const chosen = forced ?? (await way());
  const start = chosen === 'card' ? startCardEngine : startEngine;
  if (chosen === '' || (chosen === 'loopback' && !devices)) return { transport: undefined, optional: true };
  const transport = (events: TransportEvents) =>
    new LoopbackTransport({ events, devices, startEngine: start, touched });
  return { transport, optional: true };
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
