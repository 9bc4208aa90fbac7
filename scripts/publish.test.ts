import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { repository, write } from './testing/sandbox.js';

describe('before-publish.js', () => {
  let project = '';
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'publish-test-'));
  });
  afterEach(() => {
    rmSync(project, { recursive: true });
  });
  const publish = (manifest: object) => {
    write(join(project, 'package.json'), JSON.stringify(manifest));
    const script = join(repository, 'scripts/lib/before-publish.js');
    return spawnSync(process.execPath, [script], { cwd: project, encoding: 'utf8' });
  };

  it('refuses a package.json that does not say where the project lives, and names what is missing', () => {
    const run = publish({ homepage: 'https://example.org' });
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^not published: package.json has no repository, bugs\n {2}expected: .*\n {2}remedy: /,
    );
  });

  it('says nothing where all is there', () => {
    const run = publish({
      repository: 'a/b',
      homepage: 'https://example.org',
      bugs: 'https://example.org/b',
    });
    expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});
