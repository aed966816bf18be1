import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const wailsAndBridge = ['**/wails', '**/bridge', '**/wailsjs/**'];
const framework = ['svelte', 'svelte/**', '*.svelte', '**/ui/**'];

export default ts.config(
  { ignores: ['dist/', 'wailsjs/', 'node_modules/'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      'no-undef': 'off', // the compiler knows better
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  // Who may know what: the ways to the app stay in app/, the framework in ui/.
  {
    files: ['src/ui/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: wailsAndBridge }] },
  },
  {
    files: ['src/session/**', 'src/i18n/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [...wailsAndBridge, ...framework] }] },
  },
  {
    files: ['src/app/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: framework }] },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off', // stand-ins for a browser's classes
      '@typescript-eslint/unbound-method': 'off', // expectations on prototypes
    },
  },
  { files: ['*.config.js'], extends: [ts.configs.disableTypeChecked] },
);
