import { describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { parseAddress } from './address.js';

describe('the address of a server', () => {
  it('has the usual port and database where it names none', () => {
    expect(parseAddress('redis://queue.lab')).toEqual({
      where: 'queue.lab:6379',
      connection: { host: 'queue.lab', port: 6379, db: 0 },
    });
  });

  it('has user, password and database', () => {
    expect(parseAddress('redis://anna:p%40ss%2Fword@10.0.0.7:7000/3')).toEqual({
      where: '10.0.0.7:7000',
      connection: { host: '10.0.0.7', port: 7000, db: 3, username: 'anna', password: 'p@ss/word' },
    });
  });

  it('has a password alone', () => {
    const { connection } = parseAddress('redis://:secret@h');
    expect(connection).toEqual({ host: 'h', port: 6379, db: 0, password: 'secret' });
  });

  it('asks for TLS, with the name that the certificate is to have', () => {
    expect(parseAddress('rediss://queue.lab').connection.tls).toEqual({ servername: 'queue.lab' });
    expect(parseAddress('rediss://127.0.0.1:6380').connection.tls).toEqual({});
    expect(parseAddress('rediss://[::1]:6380').connection).toMatchObject({ host: '::1', tls: {} });
  });

  it.each([
    'anna:topsecret@h',
    'http://anna:topsecret@h',
    'redis://anna:topsecret@',
    'redis://anna:topsecret@h/three',
    'redis://anna:topsecret@h?db=3',
    'redis://anna:topsecret%@h',
    'redis://anna:topsecret@h:70000',
  ])('is refused without its password: %s', (text) => {
    const error = (() => {
      try {
        return parseAddress(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).kind).toBe('usage');
    expect((error as EngineError).describe()).not.toContain('topsecret');
    expect((error as EngineError).describe()).toContain('expected: redis://');
  });
});
