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
