/** Findings of the doctor as people read them. */
import type { Examination, Finding, InterfaceCheck } from '../app/api';
import type { Messages } from '../i18n';
import type { FindingParams, FindingWords } from '../i18n/doctor.en';

export interface FindingTexts {
  what: string;
  why: string;
  next: string;
}

const noParams: FindingParams = {
  interface: '', interfaces: '', address: '', port: '', name: '', by: '', count: '', product: '', command: '',
}; // prettier-ignore

/** The sentences of a finding, also of one that only a newer app knows. */
export function textsOf(t: Messages, { code, params }: Finding): FindingTexts {
  const words: Partial<Record<string, FindingWords>> = t.doctor.findings;
  const known = Object.hasOwn(words, code) ? words[code] : undefined;
  if (!known) return { ...t.doctor.unknownFinding, what: t.doctor.unknownFinding.what(code) };
  const about = { ...noParams, ...params };
  const text = (part: FindingWords[keyof FindingWords]) => (typeof part === 'string' ? part : part(about));
  return { what: text(known.what), why: text(known.why), next: text(known.next) };
}

/** Networks that matter first: those in use, then those that are up. */
export function byUse(interfaces: readonly InterfaceCheck[]): InterfaceCheck[] {
  const rank = (one: InterfaceCheck) => (one.used ? 0 : one.up ? 1 : 2);
  return interfaces.filter(({ kind }) => kind !== 'loopback').sort((a, b) => rank(a) - rank(b));
}

/**
 * The examination as plain text for a colleague or a bug report. It names no rooms and nobody: of other computers neither
 * name nor address.
 */
export function reportOf(t: Messages, examination: Examination, at: Date, page: string): string {
  const words = t.doctor;
  const discreet = (finding: Finding): Finding => ({
    ...finding,
    params: { ...finding.params, name: words.somebody, by: words.somebody, address: '–' },
  });
  const { reach, sound } = examination;
  const lines = [
    `${t.appName}: ${words.title}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    page,
    '',
    ...examination.findings.map((finding) => {
      const { what, next } = textsOf(t, discreet(finding));
      const todo = finding.level === 'good' ? '' : ` ${next}`;
      const command = finding.params?.['command'];
      return `[${finding.level}] ${finding.code}: ${what}${todo}${command ? `\n    ${command}` : ''}`;
    }),
    '',
    `${words.networks}:`,
    ...byUse(examination.interfaces).map((one) => {
      const state = one.up ? words.multicast[one.multicast] : words.down;
      return `- ${one.name} (${words.kinds[one.kind]}) ${one.addresses.map(networkOf).join(', ')}: ${state}; ${words.apps(one.apps)}, ${words.rooms(one.rooms)}`;
    }),
    `${words.reachTitle}: ${words.port(reach.port)}, TCP: ${words.reach[reach.tcp]}, UDP: ${words.reach[reach.udp]}`,
    `${words.soundTitle}: ${words.microphone}: ${words.sound[sound.microphone]}, ${words.speaker}: ${words.sound[sound.speaker]}`,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The network of an address, IP/BITS, without the part that names the computer; of one that is known outside the office, only
 * that it is one. Two computers that are in different networks can be told so.
 */
function networkOf(address: string): string {
  const [ip = '', bits = ''] = address.split('/');
  if (ip.includes(':')) return `${/^fe[89ab]/i.test(ip) ? 'fe80::' : /^f[cd]/i.test(ip) ? 'fd00::' : '2000::'}/${bits}`;
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
  const here = a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) || (a === 169 && b === 254);
  if (!here) return `${a === 127 ? '127.0.0.0' : '*'}/${bits}`;
  if (Number(bits) > 30) return `${String(a)}.*/${bits}`; // a network of one computer, as VPNs have
  const host = 2 ** (32 - Number(bits));
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const network = number - (number % host);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`;
}
