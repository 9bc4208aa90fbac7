import { expect, it } from 'vitest';
import { check } from '../base/schema.js';
import { configSchema, defaultConfig, settingKeys, settings, settingText } from './settings.js';

/** `npx vitest run src/train/settings -u` writes it anew. */
const page = '../../docs/settings.md';

function settingsPage(): string {
  const items = settingKeys.map((key) => {
    const { name, value, help } = settings[key];
    return `- \`${key}\` (\`--${name} ${value}\`): ${help};\n  ${rangeOf(key)}; default \`${JSON.stringify(defaultConfig[key])}\``;
  });
  return [
    '# Settings of a training',
    '',
    'Each by its name in code, `summary.json` and checkpoints, with the option that sets it. Experiments have',
    'values of their own, which the options replace; `createTrial` fills in the defaults. This page is generated',
    'from `src/train/settings.ts`.',
    '',
    ...items,
    '',
  ].join('\n');
}

/** What a value was expected to be, in the words of its schema. */
function rangeOf(key: (typeof settingKeys)[number]): string {
  const { schema } = settings[key];
  const none = check<unknown>(schema, null).fault === null ? ', or null' : '';
  return `${check<unknown>(schema, Symbol()).fault!.expected}${none}`;
}

it('docs/settings.md says what is declared', async () => {
  await expect(settingsPage()).toMatchFileSnapshot(page);
});

it.each(settingKeys)('%s has a default in its range, and a text for it', (key) => {
  const { schema, parse } = settings[key];
  const found = { value: defaultConfig[key], fault: null };
  expect(check<unknown>(schema, defaultConfig[key])).toEqual(found);
  expect(check<unknown>(schema, parse(settingText(defaultConfig, key)))).toEqual(found);
});

it('a file gives back every setting, and nothing else', () => {
  expect(check(configSchema, { ...defaultConfig, more: 1 }).value).toEqual(defaultConfig);
  for (const key of settingKeys) {
    const without = Object.fromEntries(Object.entries(defaultConfig).filter(([each]) => each !== key));
    const { value, fault } = check(configSchema, without);
    if (!('before' in settings[key])) expect(fault).toMatchObject({ path: key });
    else expect(value).toEqual({ ...defaultConfig, [key]: settings[key].before });
  }
});
