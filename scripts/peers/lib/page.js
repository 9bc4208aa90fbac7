/** Runs a contender's program in a page of headless Chromium, for bench.js --browser. */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { load, step } from './place.js';

const say = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);

/**
 * @param program a module beside this folder, which imports lib/contender.js
 * @param packages the npm packages that it loads
 */
export async function serveInPage(program, packages = []) {
  const script = await bundle(fileURLToPath(new URL(`../${program}`, import.meta.url)), packages);
  const { browser, page } = await openPage(script);
  try {
    const facts = await page.evaluate('contender.whenReady');
    say({ ready: { ...facts, version: await browser.version() } });
    const session = await browser.target().createCDPSession();
    for await (const line of createInterface({ input: process.stdin })) {
      const before = await cpuSeconds(session);
      const answer = await page.evaluate(`contender.run(${Number(line)})`);
      say({ ...answer, cpuMs: 1000 * ((await cpuSeconds(session)) - before) });
    }
  } finally {
    await browser.close();
  }
  process.exit();
}

/** One module: the program with its packages, and with the page's place instead of Node's. */
async function bundle(program, packages) {
  const { build } = load('esbuild');
  const place = fileURLToPath(new URL('page-place.js', import.meta.url));
  const contents = [
    ...packages.map((name, index) => `import * as package${index} from '${name}';`),
    'let ready;',
    'const whenReady = new Promise((resolve) => (ready = resolve));',
    `const packages = { ${packages.map((name, index) => `'${name}': package${index}`).join(', ')} };`,
    `globalThis.contender = { step: ${JSON.stringify(step)}, packages, ready, whenReady };`,
    // Behind all that it finds there.
    `import(${JSON.stringify(program)});`,
  ].join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: step.packages },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['browser'],
    logLevel: 'error',
    plugins: [
      {
        name: 'place',
        setup: ({ onResolve }) => onResolve({ filter: /\/(place|webgpu)\.js$/ }, () => ({ path: place })),
      },
    ],
  });
  return outputFiles[0].text;
}

/** The page is at localhost, because only secure origins have WebGPU. */
async function openPage(script) {
  const server = createServer((request, response) => {
    const isScript = request.url === '/contender.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script type="module" src="contender.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { executablePath, args } = step.browser;
  const browser = await load('puppeteer-core').launch({
    executablePath,
    args,
    pipe: true,
    protocolTimeout: 0,
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return { browser, page };
}

/** CPU time of all processes of the browser so far. */
async function cpuSeconds(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}
