// What a user may be called. A name becomes the name of a home and of a file of keys, so the rule admits nothing that
// means something to a file system, a shell or a log.

/** The rule in words, for whoever is refused. */
export const USER_NAME_RULE =
  'a user name has 1 to 64 letters (a-z, A-Z), digits, ".", "_", "-" or "@", and does not start with "." or "-"';

const USER_NAME = /^[A-Za-z0-9_@][A-Za-z0-9._@-]{0,63}$/;

/** Whether `text` can be the name of a user. */
export function isUserName(text: string): boolean {
  return USER_NAME.test(text);
}

/** What two names share when they differ in nothing but case: their homes would meet on a disk that is blind to it. */
export function foldUserName(user: string): string {
  return user.toLowerCase();
}
