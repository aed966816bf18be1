/** Why something was refused or ended: codes for the page to make sentences of, as hosts and apps send them. */

/** Codes that a host or an app gives as the reason of a refusal or an end (sfu/signal/code.go). */
export type ProblemCode =
  | 'bad_message'
  | 'too_large'
  | 'unsupported'
  | 'unsupported_version'
  | 'bad_name'
  | 'bad_offer'
  | 'bad_text'
  | 'bad_quality'
  | 'not_joined'
  | 'already_joined'
  | 'rate_limited'
  | 'room_full'
  | 'pin_needed'
  | 'wrong_pin'
  | 'no_pin'
  | 'pin_later'
  | 'expired'
  | 'slow'
  | 'replaced'
  | 'left'
  | 'room_ended'
  | 'internal'
  | 'forbidden'
  | 'nobody'
  | 'already_so'
  | 'no_key'
  | 'list_full'
  | 'bad_reason'
  | 'removed'
  | 'banned'
  | 'locked'
  | 'refused'
  | 'unanswered'
  | 'knocks_full'
  | 'no_guests'
  | 'no_recording'
  | 'recordings_full'
  | 'file_too_large'
  | 'bad_file_name'
  | 'files_full'
  | 'unreachable'
  | 'fingerprint_mismatch'
  | 'host_changed'
  | 'lost'
  | 'bad_address'
  | 'not_found'
  | 'ambiguous'
  | 'ports_taken'
  | 'no_browser'
  | 'not_in_room'
  | 'ask_first'
  | 'bad_folder'
  | 'disk_full'
  | 'damaged'
  | 'file_unreadable'
  | 'bad_pin';

/** Codes of notices that are no failure of a session (app/api.go). */
export type NoticeCode =
  | 'settings_broken'
  | 'settings_mended'
  | 'settings_unsaved'
  | 'login_unset'
  | 'bans_broken'
  | 'wrong_pin_tried'
  | 'known_broken'
  | 'known_unsaved'
  | 'recording_saved'
  | 'recording_forbidden'
  | 'recording_disk_full'
  | 'recording_failed'
  | 'recording_cut';

/** Any code that can reach a page. A newer app may send one that is not listed: text falls back, nothing breaks. */
export type Code = ProblemCode | NoticeCode;

/** A refusal with a stable code. detail is for developers; users read the sentence of the code. */
export class Problem extends Error {
  constructor(
    readonly code: Code,
    readonly detail = '',
    /** Name of the person who did it, and the reason they gave. */
    readonly by?: string,
    readonly reason?: string,
  ) {
    super(detail === '' ? code : `${code}: ${detail}`);
    this.name = 'Problem';
  }
}

/** Returns whatever was thrown or sent as a Problem; without a code of its own it is "internal". */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    const detail = 'detail' in thrown && typeof thrown.detail === 'string' ? thrown.detail : '';
    return new Problem(thrown.code as Code, detail, wordOf(thrown, 'by'), wordOf(thrown, 'reason'));
  }
  return new Problem('internal', thrown instanceof Error ? thrown.message : String(thrown));
}

function wordOf(thrown: object, key: string): string | undefined {
  const word = (thrown as Record<string, unknown>)[key];
  return typeof word === 'string' && word !== '' ? word : undefined;
}
