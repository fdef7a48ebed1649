// How a setting is written, in a flag, an environment variable or the YAML file, and what is wrong with it when it is.

/** A setting that can't be read; the message says what is allowed. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Turns what somebody wrote into a value, or throws a SettingError. */
export type ReadSetting<Value> = (written: unknown) => Value;

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

export const readText: ReadSetting<string> = (written) => {
  if (typeof written !== 'string' || written === '') throw new SettingError(`${show(written)} is no text`);
  return written;
};

export function readInteger(least: number, most: number): ReadSetting<number> {
  return (written) => {
    const value = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new SettingError(`${show(written)} is not a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

export function readOneOf<Value extends string>(values: readonly Value[]): ReadSetting<Value> {
  return (written) => {
    const found = values.find((value) => value === written);
    if (found === undefined) throw new SettingError(`${show(written)} is not one of ${values.join(', ')}`);
    return found;
  };
}

/** A number with a unit, `500ms`, `30s`, `5m`, `2h`; milliseconds come out. */
export const readDurationMs: ReadSetting<number> = (written) => {
  const match = typeof written === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(written.trim()) : null;
  const unit = DURATION_UNITS_MS[match?.[2] ?? ''];
  if (written === 0 || written === '0') return 0;
  if (match === null || unit === undefined) {
    throw new SettingError(`${show(written)} is no length of time, as 500ms, 30s, 5m or 2h`);
  }
  return Math.round(Number(match[1]) * unit);
};

/** A number of bytes, with a unit of 1024 if any: `4096`, `64K`, `10M`. */
export const readSizeBytes: ReadSetting<number> = (written) => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(written).trim());
  const unit = SIZE_UNITS_BYTES[match?.[2]?.toLowerCase() ?? 'none'];
  const bytes = Math.round(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) throw new SettingError(`${show(written)} is no size, as 4096, 64K, 10M or 1G`);
  return bytes;
};

function show(written: unknown): string {
  return JSON.stringify(written) ?? String(written);
}
