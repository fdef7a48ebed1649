// What a shared folder may be called. A name becomes the name of a folder of the host, and of one in its users' trees, so
// the rule admits nothing that means something to a file system, a shell or a log.

/** The rule in words, for whoever is refused. */
export const FOLDER_NAME_RULE =
  'a folder name has 1 to 64 letters (a-z, A-Z), digits, ".", "_" or "-", and does not start with "." or "-"';

const FOLDER_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** Whether `text` can be the name of a shared folder. */
export function isFolderName(text: string): boolean {
  return FOLDER_NAME.test(text);
}
