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
  if (!devices || !(await codesOpus())) return { transport: undefined, onTrial: false };
  if (!loopback && !(await chosen())) return { transport: undefined, onTrial: true };
  const transport = (events: TransportEvents) => new LoopbackTransport({ events, devices, startEngine });
  return { transport, onTrial: true };
}

/** WebKitGTK codes Opus by GStreamer, whose plugins may be missing. */
async function codesOpus(): Promise<boolean> {
  if (
    typeof AudioEncoder === 'undefined' ||
    typeof AudioDecoder === 'undefined' ||
    typeof AudioWorkletNode === 'undefined'
  )
    return false;
  const opus = { codec: 'opus', sampleRate: 48000, numberOfChannels: 2 };
  try {
    const [encoder, decoder] = await Promise.all([
      AudioEncoder.isConfigSupported({ ...opus, bitrate: 32_000 }),
      AudioDecoder.isConfigSupported(opus),
    ]);
    return encoder.supported === true && decoder.supported === true;
  } catch {
    return false;
  }
}
