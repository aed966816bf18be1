/** How every connection is set up: the microphone and the seats share one way to the host. */
const configuration: RTCConfiguration = { bundlePolicy: 'max-bundle' };

/**
 * Returns what makes connections that follow the computer from network to network.
 *
 * Where a page may use the microphone, Chromium ties a connection to the addresses of the networks that it knew when that
 * looked for its way, and learns of another network 0.5 to 2 s late. Where it may not, one socket belongs to no network,
 * and the system sends from whichever reaches the host now. So in Chromium each connection is made in an empty frame that is
 * denied the microphone; the page's tracks go into it all the same. The frame is a new one, because what Chromium knows of
 * the networks is fresh in each.
 */
export function newPeerIn(page: Document): () => RTCPeerConnection {
  const frames = new Map<HTMLIFrameElement, RTCPeerConnection>();
  return () => {
    for (const [frame, peer] of frames) {
      if (peer.signalingState !== 'closed') continue;
      frame.remove();
      frames.delete(frame);
    }
    if (!deniesMicrophones()) return newPeerInPage();
    const frame = deniedFrame(page);
    const peer = new (frame.contentWindow as Window & typeof globalThis).RTCPeerConnection(configuration);
    frames.set(frame, peer);
    return peer;
  };
}

/** Makes a connection that is tied to the networks of its time. */
export function newPeerInPage(): RTCPeerConnection {
  return new RTCPeerConnection(configuration);
}

function deniedFrame(page: Document): HTMLIFrameElement {
  const frame = page.createElement('iframe');
  frame.allow = "microphone 'none'; camera 'none'";
  frame.hidden = true;
  page.body.append(frame);
  return frame;
}

/** Browsers built on Chromium can be asked what a frame may do. The networks of the others do not depend on it. */
export function deniesMicrophones(): boolean {
  return 'featurePolicy' in HTMLIFrameElement.prototype;
}
