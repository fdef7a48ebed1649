// Changes the rules in sshome.yaml: one edit at a time, in one step, and never to something that could not be read again.

import { editFile } from '../accounts/edit-file.ts';
import { AdministrationError } from '../model/administration.ts';
import type { Rules } from '../model/rules.ts';
import { judgeAccess, mendWritable } from '../text-files/file-access.ts';
import { isSystemError, readSmallFile, type SmallFile } from '../text-files/small-file.ts';
import { setInYaml, YamlEditError, type YamlPath, yamlContent } from './edit-yaml.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Reads the text of the file, which is called `label` in messages. With problems, the rules are not to be used. */
export type ReadRules = (
  text: string,
  label: string,
) => { readonly rules: Rules; readonly problems: readonly string[] };

/** The sections as they are written, for what is to be changed in them. */
export type RulesContent = Readonly<Record<string, unknown>>;

export interface RulesNow {
  readonly rules: Rules;
  readonly content: RulesContent;
}

/** One value of the file; undefined takes it out. */
export interface RulesChange {
  readonly path: YamlPath;
  readonly value: unknown;
}

export interface RulesEditor {
  /** What the file is called in messages. */
  readonly label: string;
  /** What the file says now. @throws AdministrationError when that can't be used */
  read(): Promise<RulesNow>;
  /**
   * Makes the changes that `change` wants of what the file says now; resolves to whether there were any.
   *
   * @throws AdministrationError when the file is wrong already, or would be
   */
  edit(change: (now: RulesNow) => readonly RulesChange[]): Promise<boolean>;
}

export function createRulesEditor(parts: {
  readonly file: string;
  readonly label: string;
  readonly readRules: ReadRules;
}): RulesEditor {
  const { file, label, readRules } = parts;

  const load = async (target: string): Promise<SmallFile | undefined> => {
    try {
      return await readSmallFile(target, MAX_FILE_BYTES);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  };
  const understand = (loaded: SmallFile | undefined): RulesNow & { readonly text: string } => {
    if (loaded !== undefined && judgeAccess(loaded.stats).writableByOthers) {
      throw new AdministrationError(
        `${label}: other users of this machine can change this file; mend it with: ${mendWritable(label)}`,
      );
    }
    const text = loaded?.bytes.toString('utf8') ?? '';
    const { rules, problems } = readRules(text, label);
    if (problems.length > 0) throw new AdministrationError([`${label} has to be mended first`, ...problems].join('\n'));
    return { rules, text, content: yamlContent(text) };
  };

  return {
    label,
    read: async () => understand(await load(file)),
    edit: async (change) => {
      let isChanged = false;
      await editFile({
        file,
        read: load,
        edit: (loaded) => {
          const now = understand(loaded);
          const after = changed(now.text, change(now));
          isChanged = after !== now.text;
          if (!isChanged) return undefined;
          const { problems } = readRules(after, label);
          if (problems.length > 0) throw new AdministrationError(['nothing was changed:', ...problems].join('\n'));
          return Buffer.from(after);
        },
      });
      return isChanged;
    },
  };
}

function changed(text: string, changes: readonly RulesChange[]): string {
  try {
    return changes.reduce((now, { path, value }) => setInYaml(now, path, value), text);
  } catch (error) {
    if (error instanceof YamlEditError) throw new AdministrationError(error.message);
    throw error;
  }
}
