import { expect, it } from 'vitest';
import { takesLatestWay } from '../src/session/route';

const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:second\r\n';

const stats = (usernameFragment?: string): [string, unknown][] => [
  ['T', { type: 'transport', selectedCandidatePairId: 'P2' }],
  ['P1', { type: 'candidate-pair', localCandidateId: 'L1' }],
  ['P2', { type: 'candidate-pair', localCandidateId: 'L2' }],
  ['L1', { type: 'local-candidate', usernameFragment: 'second' }],
  ['L2', { type: 'local-candidate', usernameFragment }],
];

it('tells the way of the latest offer from one before', () => {
  expect(takesLatestWay(stats('second'), sdp)).toBe(true);
  expect(takesLatestWay(stats('first'), sdp)).toBe(false);
});

it('believes a browser that does not tell', () => {
  expect(takesLatestWay(stats(), sdp)).toBe(true);
  expect(takesLatestWay([], sdp)).toBe(true);
});
