/** The parts of transport, candidate-pair and local-candidate (W3C webrtc-stats) that lead to the way in use. */
interface Entry {
  type?: string;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  usernameFragment?: string;
}

/**
 * Whether what is sent takes a way that the latest offer found, from a connection's statistics and its local description.
 * A browser may go on with a dead way for seconds, and claim to be connected. True where it does not tell.
 */
export function takesLatestWay(stats: Iterable<readonly [string, unknown]>, localSDP: string): boolean {
  const entries = new Map(stats as Iterable<readonly [string, Entry]>);
  const transport = [...entries.values()].find(({ type }) => type === 'transport');
  const pair = entries.get(transport?.selectedCandidatePairId ?? '');
  const used = entries.get(pair?.localCandidateId ?? '')?.usernameFragment;
  const latest = /^a=ice-ufrag:(\S+)/m.exec(localSDP)?.[1];
  return used === undefined || used === latest;
}
