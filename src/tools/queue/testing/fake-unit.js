/**
 * In place of a training, with its contract: `node fake-unit.js RUN I/N MS`. Ten epochs of MS / 10 each, a
 * checkpoint after each, RUN/units/I-of-N/result.json at the end. It ends with 75 on SIGTERM and when its
 * channel closes; with the number in RUN/codes/I instead, if there is one. RUN/log says what happened.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

const [run, part, ms] = process.argv.slice(2);
const [unit, units] = part.split('/');
const folder = join(run, 'units', `${unit}-of-${units}`);
const [checkpoint, result] = [join(folder, 'checkpoint'), join(folder, 'result.json')];
const log = (text) => appendFileSync(join(run, 'log'), `${unit} ${text}\n`);

function replace(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

if (existsSync(result)) process.exit(0);
const code = join(run, 'codes', unit);
if (existsSync(code)) {
  log('refused');
  process.stderr.write('the last words of the unit\n');
  process.exit(Number(readFileSync(code, 'utf8')));
}
mkdirSync(folder, { recursive: true });
let epoch = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
log(`begun ${epoch} ${process.pid} ${process.env.REDIS_URL ?? 'no address'}`);

function stop(why) {
  replace(checkpoint, String(epoch));
  log(why);
  process.exit(75);
}
process.on('SIGTERM', () => stop('terminated'));
process.on('disconnect', () => stop('disconnected'));

setInterval(
  () => {
    if (epoch < 10) {
      epoch++;
      log(`epoch ${epoch}`);
      replace(checkpoint, String(epoch));
      return;
    }
    replace(result, JSON.stringify({ unit, epochs: epoch }));
    log('done');
    process.exit(0);
  },
  Number(ms) / 10,
);
