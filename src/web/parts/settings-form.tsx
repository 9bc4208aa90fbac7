/** The fields of one setting. */
import { settings, type Setting, type SettingKey } from '../../train/settings.js';
import type { Faults, Form } from '../logic/form.js';

type FieldKey = SettingKey | 'seed';

/** What fields are called here; those beyond `first` are shown on demand. */
const labels: Readonly<Record<FieldKey, string>> = {
  hidden: 'Hidden layers',
  dropout: 'Dropout',
  weightDecay: 'Weight decay',
  learningRate: 'Learning rate',
  batchSize: 'Batch size',
  epochs: 'Epochs',
  seed: 'Seed',
  lrSchedule: 'Rate schedule',
  warmup: 'Warm-up epochs',
  optimizer: 'Optimizer',
  momentum: 'Momentum (sgd)',
  decay: 'Kind of decay',
  clipNorm: 'Clip norm',
  labelSmoothing: 'Label smoothing',
  patience: 'Patience',
  validation: 'Validation share',
};

const first: readonly FieldKey[] = [
  'hidden',
  'dropout',
  'weightDecay',
  'learningRate',
  'batchSize',
  'epochs',
  'seed',
];
const further = (Object.keys(labels) as FieldKey[]).filter((key) => !first.includes(key));

interface SettingsFormProps {
  /** Before the ids of the fields. */
  readonly prefix: string;
  readonly legend: string;
  readonly form: Form;
  readonly faults: Faults | null;
  readonly isLocked: boolean;
  readonly set: (form: Form) => void;
}

export function SettingsForm({ prefix, legend, form, faults, isLocked, set }: SettingsFormProps) {
  const field = (key: FieldKey) => (
    <Field
      key={key}
      id={`${prefix}-${key}`}
      name={key}
      value={form[key]}
      fault={faults?.[key]}
      set={(value) => {
        set({ ...form, [key]: value });
      }}
    />
  );
  return (
    <fieldset class={prefix === 'b' ? 'second' : 'first'} disabled={isLocked}>
      <legend>{legend}</legend>
      <div class="fields">{first.map(field)}</div>
      <details open={further.some((key) => faults?.[key] !== undefined)}>
        <summary>More settings</summary>
        <div class="fields">{further.map(field)}</div>
      </details>
      {faults?.all !== undefined && (
        <p class="fault" role="alert">
          {faults.all}
        </p>
      )}
    </fieldset>
  );
}

interface FieldProps {
  readonly id: string;
  readonly name: FieldKey;
  readonly value: string;
  readonly fault: string | undefined;
  readonly set: (value: string) => void;
}

function Field({ id, name, value, fault, set }: FieldProps) {
  const setting: Setting<unknown> | null = name === 'seed' ? null : settings[name];
  const title = setting?.help ?? 'of the split, the initial weights, the shuffles and the dropout masks';
  return (
    <div class="field">
      <label for={id} title={title}>
        {labels[name]}
      </label>
      {setting?.choices !== undefined ? (
        <select
          id={id}
          value={value}
          title={title}
          onChange={(event) => {
            set(event.currentTarget.value);
          }}
        >
          {setting.choices.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type="text"
          inputMode={name === 'hidden' ? 'text' : 'decimal'}
          autocomplete="off"
          spellcheck={false}
          value={value}
          title={title}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${id}-fault`}
          onInput={(event) => {
            set(event.currentTarget.value);
          }}
        />
      )}
      {fault !== undefined && (
        <span class="fault" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </div>
  );
}
