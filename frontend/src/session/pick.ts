import type { AppApi, VoiceWay } from '../app/api';
import { deniesMicrophones, newPeerIn, newPeerInPage } from './anyroute';
import { CardBooth } from './cardbooth';
import { startCardEngine } from './cardengine';
import { PeerBooth, type Booth } from './booth';
import { startEngine, type Engine } from './engine';
import { appInventory, browserInventory, type Inventory } from './inventory';
import { LoopbackTransport } from './loopback';
import type { TransportEvents, VoiceTransport } from './transport';
import { AudioWorkshop } from './workshop';
import { WebRTCTransport } from './webrtc';

/** How this page carries a voice. */
export interface Pick {
  /** undefined where it cannot: rooms then open in a browser. */
  transport: ((events: TransportEvents) => VoiceTransport) | undefined;
  /** Whether the user can choose that rooms open in a browser instead. */
  optional: boolean;
  inventory: Inventory;
  /** Whether this page can choose where it plays. */
  speakers: boolean;
  /** Where the microphone is checked; undefined where this page cannot. */
  booth: Booth | undefined;
}

/** forced says that any page is to carry its voice so. */
export async function pickTransport(
  page: Window,
  devices: MediaDevices | undefined,
  app: AppApi,
  id: string,
  forced: VoiceWay | undefined,
): Promise<Pick> {
  const inventory = browserInventory(devices);
  const speakers = 'setSinkId' in HTMLMediaElement.prototype;
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
    const booth = new PeerBooth({ app, page: id, devices, workshop, newPeer });
    return { transport, optional: false, inventory, speakers, booth };
  }
  const without = { transport: undefined, inventory, speakers, booth: undefined };
  if (!hasThreads()) return { ...without, optional: false };
  const chosen = forced ?? (await app.GetVoiceWay());
  if (chosen === '' || (chosen === 'loopback' && !devices)) return { ...without, optional: true };
  const usual = { optional: true, inventory, speakers: false, booth: undefined };
  const byLoopback = (startEngine: () => Promise<Engine>) => (events: TransportEvents) =>
    new LoopbackTransport({ events, devices, startEngine, touched });
  if (chosen === 'loopback') return { ...usual, transport: byLoopback(startEngine) };
  const card = await app.GetSoundCard();
  const start = () => startCardEngine(card.url);
  return {
    optional: true,
    transport: byLoopback(start),
    inventory: appInventory(app, card.devices),
    speakers: true,
    booth: new CardBooth({ app, page: id, start }),
  };
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
