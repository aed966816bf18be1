/** The 64 symbols of a host's code, in the order of the protocol (sfu/identity/code.go); what they are called is in i18n. */
export const symbols = [
  '🐶', '🐱', '🐴', '🐮', '🐷', '🐰', '🐻', '🐯', '🐸', '🐵', '🐤', '🐧', '🐘', '🐢', '🐍', '🐟',
  '🐳', '🐙', '🦋', '🐌', '🌵', '🌲', '🍄', '🌻', '🍎', '🍌', '🍇', '🍓', '🍒', '🍉', '🍋', '🌽',
  '🍞', '🍕', '🎂', '🍩', '☕', '🌙', '⭐', '🌈', '🔥', '☔', '⛄', '⚽', '🎈', '🎁', '🔔', '🎸',
  '🎺', '🥁', '🚗', '🚲', '🚂', '🚀', '⛵', '⚓', '🔑', '🔒', '🔨', '⏰', '📖', '📎', '👓', '🎩',
] as const; // prettier-ignore
