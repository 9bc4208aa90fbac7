import { EngineError } from '../base/errors.js';

/** One `var` in bind group 0 or 1, as the shader declares it. */
export interface Binding {
  readonly group: number;
  readonly binding: number;
  readonly name: string;
  readonly access: 'uniform' | 'read' | 'read_write';
}

/**
 * One scalar of a struct such as `struct Params`; offset in bytes. Those of an array of structs are named
 * `layers[2].rows`.
 */
export interface ParamField {
  readonly name: string;
  readonly type: 'u32' | 'f32';
  readonly offset: number;
}

/**
 * What the host needs to know of a kernel; read out of the WGSL text, which is the only place that says it.
 */
export interface Reflection {
  readonly bindings: readonly Binding[];
  readonly params: readonly ParamField[];
  /** Names and default values of the `override` constants. */
  readonly overrides: ReadonlyMap<string, number>;
}

const bindingPattern =
  /@group\((\d+)\)\s*@binding\((\d+)\)\s*var<(uniform|storage,\s*read_write|storage,\s*read)>\s*(\w+)\s*:/g;
const overridePattern = /^override\s+(\w+)\s*:\s*(?:u32|i32|f32|bool)\s*=\s*([^;]+);/gm;

/**
 * Reads bindings, `struct Params` and overrides out of a shader.
 *
 * The shaders keep to a plain form (one declaration per line, scalar u32/f32 parameters), so patterns
 * suffice; what they would miss is refused by the pipeline layout that is derived from this.
 */
export function reflect(name: string, source: string): Reflection {
  const code = withoutComments(source);
  const bindings = [...code.matchAll(bindingPattern)].map((match): Binding => {
    const [, group, binding, kind, variable] = match;
    const access = kind === 'uniform' ? 'uniform' : kind!.endsWith('read_write') ? 'read_write' : 'read';
    return { group: Number(group), binding: Number(binding), name: variable!, access };
  });
  const overrides = new Map(
    [...code.matchAll(overridePattern)].map(
      ([, constant, value]) => [constant!, overrideValue(value!)] as const,
    ),
  );
  return { bindings, params: structFields(`kernel ${name}`, code, 'Params'), overrides };
}

const withoutComments = (source: string): string => source.replace(/\/\/[^\n]*/g, '');

/**
 * The scalars of a struct that a shader declares: its members, or those of an array of structs, which comes
 * first and has elements of whole 16 bytes, so that nothing lies between two scalars.
 * @param owner names the shader in messages
 * @throws EngineError `bug` if there is no such struct, or a member is neither u32, f32 nor such an array
 */
export function structFields(owner: string, source: string, struct: string): ParamField[] {
  const body = new RegExp(`struct ${struct}\\s*\\{([^}]*)\\}`).exec(withoutComments(source))?.[1];
  if (body === undefined) throw new EngineError('bug', `${owner} declares no struct ${struct}`);
  const members = body
    .split(/,(?![^<]*>)/)
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const scalars = members.flatMap((member, place): Omit<ParamField, 'offset'>[] => {
    const [, field, type, element, length] =
      /^(\w+)\s*:\s*(\w+|array<([A-Z]\w*),\s*(\d+)>)$/.exec(member) ?? [];
    if (field !== undefined && (type === 'u32' || type === 'f32')) return [{ name: field, type }];
    const parts = element === undefined ? [] : structFields(owner, source, element);
    if (place > 0 || parts.length === 0 || parts.length % 4 !== 0) {
      throw new EngineError('bug', `${owner} has a parameter that is neither u32 nor f32`, { found: member });
    }
    return Array.from({ length: Number(length) }, (_, i) =>
      parts.map((part) => ({ ...part, name: `${field!}[${i}].${part.name}` })),
    ).flat();
  });
  // Scalars of 4 bytes follow each other without gaps in every WGSL layout.
  return scalars.map(({ name, type }, index) => ({ name, type, offset: 4 * index }));
}

function overrideValue(text: string): number {
  const value = text.trim();
  if (value === 'true') return 1;
  if (value === 'false') return 0;
  return Number(value.replace(/[uif]$/, ''));
}

/** Lays out a kernel's `struct Params`; see `packStruct`. */
export function packParams(
  name: string,
  fields: readonly ParamField[],
  values: Readonly<Record<string, number>>,
): ArrayBuffer {
  return packStruct(`kernel ${name}`, fields, values);
}

/** Bytes of a struct in a uniform buffer: a multiple of 16. */
export const structBytes = (fields: readonly ParamField[]): number =>
  Math.ceil((4 * fields.length) / 16) * 16;

/**
 * Lays out a struct. Every field must be given and no other.
 * @param owner names the struct's shader in messages
 */
export function packStruct(
  owner: string,
  fields: readonly ParamField[],
  values: Readonly<Record<string, number>>,
): ArrayBuffer {
  const unknown = Object.keys(values).filter((key) => !fields.some((field) => field.name === key));
  const missing = fields.filter((field) => values[field.name] === undefined).map((field) => field.name);
  if (unknown.length > 0 || missing.length > 0) {
    throw new EngineError('bug', `${owner} was given the wrong parameters`, {
      found: `unknown: ${unknown.join(', ') || 'none'}; missing: ${missing.join(', ') || 'none'}`,
      expected: fields.map((field) => field.name).join(', '),
    });
  }
  const view = new DataView(new ArrayBuffer(structBytes(fields)));
  for (const { name: field, type, offset } of fields) {
    const value = values[field]!;
    if (type === 'f32') {
      view.setFloat32(offset, value, true);
    } else if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) {
      view.setUint32(offset, value, true);
    } else {
      throw new EngineError('bug', `${owner}: parameter ${field} is not a u32`, {
        found: String(value),
      });
    }
  }
  return view.buffer;
}
