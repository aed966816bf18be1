import { describe, expect, it } from 'vitest';
import { withAudioNack, withLatestFirst, withStereo } from '../src/session/sdp';

const section = (pt: number, more = '') =>
  `m=audio 9 UDP/TLS/RTP/SAVPF ${pt} 0\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:${pt} opus/48000/2\r\n${more}a=fmtp:${pt} minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n`;

it.each([111, 109])('asks for NACK in every audio section, for Opus as payload type %d', (pt) => {
  const sdp = withAudioNack('v=0\r\ns=-\r\n' + section(pt) + section(pt));
  expect(sdp.split(`a=rtpmap:${pt} opus/48000/2\r\na=rtcp-fb:${pt} nack\r\n`)).toHaveLength(3);
  expect(sdp.replaceAll(`a=rtcp-fb:${pt} nack\r\n`, '')).toBe('v=0\r\ns=-\r\n' + section(pt) + section(pt));
});

it('asks once', () => {
  const once = withAudioNack('v=0\r\n' + section(111, 'a=rtcp-fb:111 transport-cc\r\n'));
  expect(withAudioNack(once)).toBe(once);
});

it('leaves other media and audio without Opus alone', () => {
  const sdp =
    'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';
  expect(withAudioNack(sdp)).toBe(sdp);
});

describe('withStereo', () => {
  const section = (direction: string, fmtp: string) =>
    `m=audio 9 UDP/TLS/RTP/SAVPF 109 63\r\na=${direction}\r\na=rtpmap:109 opus/48000/2\r\na=fmtp:109 ${fmtp}\r\n`;

  it('asks for it on the seats, not for the microphone', () => {
    const sdp = `v=0\r\n${section('sendonly', 'minptime=10')}${section('recvonly', 'minptime=10')}`;
    const want = `v=0\r\n${section('sendonly', 'minptime=10')}${section('recvonly', 'minptime=10;stereo=1')}`;
    expect(withStereo(sdp)).toBe(want);
    expect(withStereo(want)).toBe(want);
  });

  it('is not taken in by sprop-stereo, and leaves what says something itself', () => {
    expect(withStereo(section('recvonly', 'sprop-stereo=1'))).toContain('sprop-stereo=1;stereo=1');
    expect(withStereo(section('recvonly', 'maxplaybackrate=48000;stereo=0'))).toContain('stereo=0\r\n');
    expect(withStereo('m=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=recvonly\r\n')).not.toContain('stereo');
  });
});

describe('the candidates of an answer', () => {
  const answer = (...priorities: number[]) =>
    priorities.map((p, i) => `a=candidate:${i} 1 udp ${p} 10.0.0.${i} 7788 typ host\r\n`).join('');
  const prioritiesOf = (sdp: string) => [...sdp.matchAll(/udp (\d+) /g)].map(([, priority]) => Number(priority));

  it('keep their order, and rank above those of the restarts before', () => {
    const first = prioritiesOf(withLatestFirst(answer(2130706431, 1671430143, 2130706431), 0));
    const second = prioritiesOf(withLatestFirst(answer(1671430143, 2130706431), 1));
    expect(first).toEqual([2, 1, 2]);
    expect(Math.min(...second)).toBeGreaterThan(Math.max(...first));
    expect(second[1]).toBeGreaterThan(second[0] ?? 0);
  });

  it('change in nothing else', () => {
    expect(withLatestFirst('v=0\r\n' + answer(7), 0)).toBe('v=0\r\n' + answer(1));
  });
});
