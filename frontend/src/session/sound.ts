/** What this page itself knows of microphone and speaker, which is what counts where it carries the voice. */
import type { Answer, Examination, Finding, FindingCode, FindingLevel, SoundCheck } from '../app/api';

export interface PageSound extends SoundCheck {
  /** The browser or the system refuses the microphone to this page. */
  denied: boolean;
}

/** Asks the browser. Nothing is opened and nobody is asked. */
export async function pageSound(
  devices: MediaDevices | undefined,
  permissions: Permissions | undefined,
): Promise<PageSound> {
  let list: MediaDeviceInfo[] = [];
  try {
    list = (await devices?.enumerateDevices()) ?? [];
  } catch {
    // a page that is not allowed to ask knows nothing
  }
  const has = (kind: MediaDeviceKind): boolean => list.some((device) => device.kind === kind);
  return {
    // Before they are allowed, Safari and Firefox list no speakers, and one microphone at most: a missing one is no word on
    // speakers.
    microphone: devices === undefined ? 'unknown' : has('audioinput') ? 'yes' : 'no',
    speaker: has('audiooutput') ? 'yes' : 'unknown',
    denied: await denied(permissions),
  };
}

async function denied(permissions: Permissions | undefined): Promise<boolean> {
  try {
    return (await permissions?.query({ name: 'microphone' }))?.state === 'denied';
  } catch {
    return false; // Firefox before 131 and WebKitGTK do not know the name
  }
}

export const soundCodes: readonly FindingCode[] = ['no_microphone', 'no_speaker', 'microphone_denied'];

const order: readonly FindingLevel[] = ['problem', 'warning', 'note', 'good'];

/** The examination with the page's word on sound over the system's. */
export function merged(examination: Examination, page: PageSound | undefined): Examination {
  const sound = page
    ? {
        microphone: settled(page.microphone, examination.sound.microphone),
        speaker: settled(page.speaker, examination.sound.speaker),
      }
    : examination.sound;
  const wrong = (code: FindingCode): Answer => {
    if (code === 'no_microphone') return opposite(sound.microphone);
    if (code === 'no_speaker') return opposite(sound.speaker);
    // What the system denies the page may not know.
    return code === 'microphone_denied' && page?.denied ? 'yes' : 'unknown';
  };
  const findings = examination.findings.filter(({ code }) => wrong(code) !== 'no');
  for (const code of soundCodes) {
    if (wrong(code) !== 'yes' || findings.some((finding) => finding.code === code)) continue;
    insert(findings, { code, level: 'warning' });
  }
  // A microphone that is not allowed cannot be told from one that is missing.
  const denied = findings.some(({ code }) => code === 'microphone_denied');
  const told = denied ? findings.filter(({ code }) => code !== 'no_microphone') : findings;
  return { ...examination, sound, findings: told };
}

function opposite(answer: Answer): Answer {
  return answer === 'yes' ? 'no' : answer === 'no' ? 'yes' : 'unknown';
}

function settled(page: Answer, app: Answer): Answer {
  return page === 'unknown' ? app : page;
}

/** Puts a finding behind the last that is as bad: the app's order, which knows what to do first, stays. */
function insert(findings: Finding[], finding: Finding): void {
  const bad = ({ level }: Finding) => order.indexOf(level) <= order.indexOf(finding.level);
  findings.splice(findings.findLastIndex(bad) + 1, 0, finding);
}
