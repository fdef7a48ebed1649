// JSON schema, as far as it is spoken here: what editors check sshome.yaml against. Made of the same tables that read
// the file; see config-schema.ts.

/** A schema, or a part of one (draft 7). */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The same schema with a sentence for people. */
export function described(schema: JsonSchema, description: string): JsonSchema {
  return { description, ...schema };
}
