/**
 * Asks for retransmission of lost Opus packets: adds `a=rtcp-fb:<opus> nack` to every audio m-line of an offer.
 * Browsers implement NACK for audio but do not offer it; with it, 10 % loss conceals 1.4 % of the audio instead of 8.8 %.
 * The payload type is read from the SDP: it is 111 in Chromium and 109 in Firefox.
 */
export function withAudioNack(sdp: string): string {
  return inAudioSections(sdp, nackInSection);
}

/**
 * Asks for stereo where somebody sends it: adds `stereo=1` (RFC 7587 §6.1) to Opus of every `recvonly` m-line of an offer.
 * Without it Chromium plays music's two channels as one. A voice's one channel costs nothing more.
 */
export function withStereo(sdp: string): string {
  return inAudioSections(sdp, (section) => (/^a=recvonly\s*$/m.test(section) ? stereoInSection(section) : section));
}

/** More than an answer has of them: every address of the host, by UDP and by TCP. */
const mostCandidates = 1000;

/**
 * Makes the candidates of an answer more desirable than all of the restarts before, and keeps their order. Otherwise
 * Chromium stays on the way it had until nothing has come by it for 3.5 s: the address it has after a move is one that it
 * learns from the host, and those rank below the ones that it knew (RFC 8445 §5.1.2.1). The lower priority of the two ends
 * decides first (§6.1.2.3), and these are lower than any of the page's.
 */
export function withLatestFirst(sdp: string, restarts: number): string {
  const candidate = /^(a=candidate:\S+ \d+ \S+ )(\d+)/gm;
  const priorities = new Set([...sdp.matchAll(candidate)].map(([, , priority]) => Number(priority)));
  const ascending = [...priorities].sort((a, b) => a - b);
  return sdp.replace(candidate, (_, start: string, priority: string) => {
    const rank = Math.min(ascending.indexOf(Number(priority)) + 1, mostCandidates);
    return `${start}${String(restarts * mostCandidates + rank)}`;
  });
}

function inAudioSections(sdp: string, edit: (section: string) => string): string {
  const sections = sdp.split(/(?=^m=)/m);
  return sections.map((section) => (section.startsWith('m=audio') ? edit(section) : section)).join('');
}

function stereoInSection(section: string): string {
  const payloadType = opusOf(section)?.[1];
  if (payloadType === undefined) return section;
  const parameters = new RegExp(`^a=fmtp:${payloadType} (.*?)(\\r?)$`, 'm');
  return section.replace(parameters, (line, list: string, end: string) =>
    /(^|;)\s*stereo=/.test(list) ? line : `a=fmtp:${payloadType} ${list};stereo=1${end}`,
  );
}

/** The rtpmap line of Opus, with its payload type. */
function opusOf(section: string): RegExpExecArray | null {
  return /^a=rtpmap:(\d+) opus\/48000\/2\r?\n/im.exec(section);
}

function nackInSection(section: string): string {
  const rtpmap = opusOf(section);
  const payloadType = rtpmap?.[1];
  if (rtpmap === null || payloadType === undefined) return section;
  if (new RegExp(`^a=rtcp-fb:(${payloadType}|\\*) nack\\s*$`, 'm').test(section)) return section;
  const end = rtpmap.index + rtpmap[0].length;
  return `${section.slice(0, end)}a=rtcp-fb:${payloadType} nack\r\n${section.slice(end)}`;
}
