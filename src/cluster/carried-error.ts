// Errors as plain data, and back: their class where it is known, their message, stack, cause and fields.

import { inspect } from 'node:util';

export type ErrorClass = abstract new (...parts: never[]) => Error;

export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: CarriedError | undefined;
  /** `code`, `path` and so on. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function carryError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return carryError(new Error(`thrown: ${inspect(error)}`));
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    cause: error.cause instanceof Error ? carryError(error.cause) : undefined,
    fields: Object.fromEntries(Object.entries(error).filter(([, value]) => isPlain(value))),
  };
}

/** The error as it was thrown: an instance of the one of `classes` that it was of, if any. */
export function errorFrom(carried: CarriedError, classes: readonly ErrorClass[]): Error {
  const error = new Error(carried.message);
  const known = classes.find(({ name }) => name === carried.name);
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  const { name, stack, fields } = carried;
  const cause = carried.cause === undefined ? undefined : errorFrom(carried.cause, classes);
  for (const [key, value] of Object.entries({ name, stack, cause })) {
    if (value !== undefined) Object.defineProperty(error, key, { value, writable: true, configurable: true });
  }
  return Object.assign(error, fields);
}

function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every(isPlain)
    : value === null || !/^(object|function|symbol)$/.test(typeof value);
}
