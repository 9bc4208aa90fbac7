import { expect, it } from 'vitest';
import { newest } from './newest.js';

it('asks one question at a time, and of those that wait only the newest', async () => {
  const asked: number[] = [];
  let answer: () => void = () => undefined;
  const ask = newest((question: number) => {
    asked.push(question);
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  for (let i = 1; i <= 200; i++) ask(i);
  expect(asked).toEqual([1]);
  answer();
  await new Promise(setImmediate);
  expect(asked).toEqual([1, 200]);
  answer();
  await new Promise(setImmediate);
  ask(201);
  expect(asked).toEqual([1, 200, 201]);
});
