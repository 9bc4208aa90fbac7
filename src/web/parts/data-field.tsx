/** What is trained on. */
import type { Plan } from '../logic/form.js';
import type { DataFacts } from '../protocol.js';

/** Sizes of the synthetic set that are offered. */
const sizes = ['synthetic:1000/500', 'synthetic:3000/500', 'synthetic:12000/2000', 'synthetic:60000/2000'];

interface DataFieldProps {
  readonly plan: Plan;
  readonly setPlan: (change: (plan: Plan) => Plan) => void;
  readonly data: readonly DataFacts[];
  readonly isLocked: boolean;
}

export function DataField({ plan, setPlan, data, isLocked }: DataFieldProps) {
  const own = data.find(({ id }) => id === plan.data);
  const known = sizes.includes(plan.data) || own !== undefined ? sizes : [...sizes, plan.data];
  return (
    <label class="field">
      Data
      <select
        id="data"
        value={plan.data}
        disabled={isLocked}
        onChange={(event) => {
          const data = event.currentTarget.value;
          setPlan((before) => ({ ...before, data }));
        }}
      >
        {known.map((each) => (
          <option key={each} value={each}>
            {titleOf(each)}
          </option>
        ))}
        {data.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
      <span class="small quiet" id="data-about">
        {own?.about ?? 'Ten hiragana, drawn by simulated writers. The test images are by other writers.'}
      </span>
    </label>
  );
}

function titleOf(spec: string): string {
  const [, train, test] = /^synthetic:(\d+)\/(\d+)$/.exec(spec) ?? [];
  return train === undefined
    ? spec
    : `Synthetic kana, ${Number(train).toLocaleString('en')} to train on, ${Number(test).toLocaleString('en')} to test`;
}
