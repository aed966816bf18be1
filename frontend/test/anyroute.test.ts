// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { newPeerIn } from '../src/session/anyroute';

class Peer {
  signalingState = 'stable';
}
class PeerInFrame extends Peer {}

afterEach(() => {
  Reflect.deleteProperty(HTMLIFrameElement.prototype, 'featurePolicy');
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

it("makes connections of the page's own where a frame cannot be denied the microphone", () => {
  vi.stubGlobal('RTCPeerConnection', Peer);
  expect(newPeerIn(document)()).toBeInstanceOf(Peer);
  expect(document.querySelector('iframe')).toBeNull();
});

it('makes each connection in a frame without a microphone, and takes the frame away when it is closed', () => {
  vi.stubGlobal('RTCPeerConnection', Peer);
  Object.defineProperty(HTMLIFrameElement.prototype, 'featurePolicy', { value: {}, configurable: true });
  vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockReturnValue({
    RTCPeerConnection: PeerInFrame,
  } as unknown as Window);
  const newPeer = newPeerIn(document);
  const frames = () => [...document.querySelectorAll('iframe')];
  const first = newPeer();
  newPeer();
  expect(first).toBeInstanceOf(PeerInFrame);
  expect(frames()).toHaveLength(2);
  for (const frame of frames()) {
    expect(frame.allow).toContain("microphone 'none'");
    expect(frame.hidden).toBe(true);
  }
  (first as unknown as Peer).signalingState = 'closed';
  newPeer();
  expect(frames()).toHaveLength(2);
});
