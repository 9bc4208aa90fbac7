/** The page that trains in the browser: draw a character, and train networks. */
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { exitCodes } from '../../base/errors.js';
import { defineCommand } from '../command.js';
import { counted, named } from '../shared-options.js';
import { stopKindOf, whenAborted } from '../stop.js';

const usualPort = 8421;

/** Where the build puts the page. */
export const builtPage = fileURLToPath(new URL('../../../dist/web/', import.meta.url));

export const command = defineCommand({
  name: 'web',
  group: 'train',
  summary: 'open the page that reads drawings and trains in the browser',
  about: [
    'The page trains on the GPU of whoever opens it, by the same shaders. With --build it becomes a folder that any host can serve.',
  ],
  options: {
    port: counted(
      '--port',
      'N',
      `the port on 127.0.0.1, 0 for any that is free (default ${usualPort}, or any if that is taken)`,
      [0, 65_535],
    ),
    build: named('--build', 'DIR', 'write the page as a static site, and serve nothing'),
  },
  quiet: 'the address, or the folder, only',
  run: async ({ port = null, build }, { output, signal }) => {
    const { requirePage, startWebServer, writeSite } = await import('../../tools/serve/web-site.js');
    const { openAtUsualPort } = await import('../../tools/serve/local-server.js');
    requirePage(builtPage);
    if (build !== undefined) {
      writeSite(builtPage, build);
      output.event({ event: 'built', directory: resolve(build) });
      output.result(build);
      output.info('a static site: any host can serve it, over https or on this machine');
      return 0;
    }
    const server = await openAtUsualPort(port, usualPort, (each) => startWebServer(builtPage, each));
    try {
      output.event({ event: 'serving', url: server.url });
      output.result(server.url);
      output.info('open it in a browser with WebGPU, on this machine only; Ctrl-C ends it');
      await whenAborted(signal);
    } finally {
      await server.close();
    }
    return exitCodes[stopKindOf(signal)];
  },
});
