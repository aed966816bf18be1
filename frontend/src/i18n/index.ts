import type { Language, Theme } from '../app/api';
import { en, type About, type Messages } from './en';
import { ko } from './ko';

export type { Messages } from './en';

/** The languages a user can choose, and what each calls itself. */
export const languages = { en: en.language, ko: ko.language } satisfies Record<Exclude<Language, ''>, string>;

/** The language to show: the chosen one, else the first of the system's that there is, else English. */
export function languageOf(chosen: Language, system: readonly string[]): Exclude<Language, ''> {
  if (chosen !== '') return chosen;
  for (const tag of system) {
    if (/^ko\b/i.test(tag)) return 'ko';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

export function messagesOf(language: Exclude<Language, ''>): Messages {
  return language === 'ko' ? ko : en;
}

/** The sentence of a code, also of one that only a newer app knows. */
export function sentence(messages: Messages, code: string, about: About): string {
  const known: Partial<Record<string, string | ((about: About) => string)>> = messages.problems;
  const text = Object.hasOwn(known, code) ? known[code] : undefined;
  if (text === undefined) return messages.unknownProblem(code);
  return typeof text === 'function' ? text(about) : text;
}

/** The themes a user can choose, in the order they are offered. */
export const themes = ['', 'light', 'dark'] as const satisfies readonly Theme[];
