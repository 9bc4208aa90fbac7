/** `prepublishOnly`: refuses to publish a package.json that does not say where the project lives. */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const missing = ['repository', 'homepage', 'bugs'].filter((field) => manifest[field] === undefined);
if (missing.length > 0) {
  console.error(
    `not published: package.json has no ${missing.join(', ')}\n` +
      '  expected: the addresses of the repository, the home page and the issues\n' +
      '  remedy:   add them: npm resolves the pictures and links of README.md through `repository`',
  );
  process.exitCode = 1;
}
