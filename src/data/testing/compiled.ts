import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Translates rooms of src into a folder, so that another process can run the sources as they are now; dist/
 * may be older, or not there.
 * @param rooms such as `data`; with what these import
 */
export function compileRooms(folder: string, rooms: readonly string[]): void {
  const imports = { '#platform': './platform/node.js' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }));
  for (const room of rooms) {
    mkdirSync(join(folder, room), { recursive: true });
    for (const name of readdirSync(join(source, room)).filter((each) => each.endsWith('.ts'))) {
      const { outputText } = ts.transpileModule(readFileSync(join(source, room, name), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      });
      writeFileSync(join(folder, room, name.replace(/\.ts$/, '.js')), outputText);
    }
  }
}
