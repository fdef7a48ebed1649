// How a setting is written, in a flag, an environment variable or the YAML file, and what is wrong with it when it is.

import type { JsonSchema } from './json-schema.ts';

/** A setting that can't be read; the message says what is allowed. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Turns what somebody wrote into a value, or throws a SettingError. */
export interface ReadSetting<Value> {
  (written: unknown): Value;
  /** What it reads, for editors; a text or a number unless told. */
  readonly schema?: JsonSchema;
}

/** The same reader, which tells what it reads. */
export function withSchema<Value>(schema: JsonSchema, read: (written: unknown) => Value): ReadSetting<Value> {
  return Object.assign((written: unknown) => read(written), { schema });
}

/** The schema of what `read` reads. */
export function schemaOf(read: ReadSetting<unknown>): JsonSchema {
  return read.schema ?? { type: ['string', 'number', 'boolean'] };
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const MAX_SHOWN_LENGTH = 100;
/** Without a unit there is 0 alone. */
const DURATION_SCHEMA: JsonSchema = {
  type: ['string', 'integer'],
  pattern: '^\\s*[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)\\s*$|^0$',
  minimum: 0,
  maximum: 0,
};
const SIZE_SCHEMA: JsonSchema = {
  type: ['string', 'number'],
  minimum: 0,
  pattern: '^\\s*[0-9]+(\\.[0-9]+)?\\s*[kKmMgGtT]?([iI]?[bB])?\\s*$',
};

export const readText: ReadSetting<string> = withSchema({ type: 'string', minLength: 1 }, (written) => {
  if (typeof written !== 'string' || written === '') throw new SettingError(`${show(written)} is no text`);
  return written;
});

/** A text, or none. */
export const readOptionalText: ReadSetting<string> = withSchema({ type: 'string' }, (written) =>
  written === '' ? '' : readText(written),
);

export function readInteger(least: number, most: number): ReadSetting<number> {
  const schema = { type: ['integer', 'string'], minimum: least, maximum: most, pattern: '^[0-9]+$' };
  return withSchema(schema, (written) => {
    const value = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new SettingError(`${show(written)} is not a whole number from ${least} to ${most}`);
    }
    return value;
  });
}

export function readOneOf<Value extends string>(values: readonly Value[]): ReadSetting<Value> {
  return withSchema({ enum: values }, (written) => {
    const found = values.find((value) => value === written);
    if (found === undefined) throw new SettingError(`${show(written)} is not one of ${values.join(', ')}`);
    return found;
  });
}

/** A number with a unit, `500ms`, `30s`, `5m`, `2h`; milliseconds come out. */
export const readDurationMs: ReadSetting<number> = withSchema(DURATION_SCHEMA, (written) => {
  const match = typeof written === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(written.trim()) : null;
  const unit = DURATION_UNITS_MS[match?.[2] ?? ''];
  if (written === 0 || written === '0') return 0;
  if (match === null || unit === undefined) {
    throw new SettingError(`${show(written)} is no length of time, as 500ms, 30s, 5m or 2h`);
  }
  return Math.round(Number(match[1]) * unit);
});

/** A number of bytes, with a unit of 1024 if any: `4096`, `64K`, `10M`. */
export const readSizeBytes: ReadSetting<number> = withSchema(SIZE_SCHEMA, (written) => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(written).trim());
  const unit = SIZE_UNITS_BYTES[match?.[2]?.toLowerCase() ?? 'none'];
  const bytes = Math.round(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) throw new SettingError(`${show(written)} is no size, as 4096, 64K, 10M or 1G`);
  return bytes;
});

/** A value as a message shows it: what somebody wrote, and not all of it when that is long. */
export function show(written: unknown): string {
  let shown: string;
  try {
    shown = JSON.stringify(written) ?? String(written);
  } catch {
    // YAML can say a list that holds itself.
    shown = 'what holds itself';
  }
  return shown.length > MAX_SHOWN_LENGTH ? `${shown.slice(0, MAX_SHOWN_LENGTH)}...` : shown;
}
