// libssh's SFTP client under the requests of README.md. Build: cc libssh_session.c -lssh.

#include <errno.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_WORDS 8
#define MAX_PATH 8192
#define BLOCK 32768

static ssh_session session;
static sftp_session sftp;
static char **words;

static void say(const char *word) {
  putchar(' ');
  for (; *word != '\0'; word++) printf("%%%02x", (unsigned char)*word);
}

static void fail(void) {
  printf("error");
  say(ssh_get_error(session));
}

static void report(int status) {
  if (status == 0) printf("ok");
  else fail();
}

static void report_local(void) {
  printf("error");
  say(strerror(errno));
}

static int authenticate(const char *method, const char *secret) {
  ssh_key key = NULL;
  int status;
  if (strcmp(method, "password") == 0) return ssh_userauth_password(session, NULL, secret);
  if (ssh_pki_import_privkey_file(secret, NULL, NULL, NULL, &key) != SSH_OK) return SSH_AUTH_ERROR;
  status = ssh_userauth_publickey(session, NULL, key);
  ssh_key_free(key);
  return status;
}

static void connect_session(void) {
  unsigned int port = (unsigned int)atoi(words[2]);
  uint64_t rekey_bytes = strtoull(words[7], NULL, 10);
  int no_config = 0;
  session = ssh_new();
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no_config);
  ssh_options_set(session, SSH_OPTIONS_HOST, words[1]);
  ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  ssh_options_set(session, SSH_OPTIONS_USER, words[3]);
  ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, words[6]);
  if (rekey_bytes > 0) ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &rekey_bytes);
  if (ssh_connect(session) != SSH_OK || ssh_session_is_known_server(session) != SSH_KNOWN_HOSTS_OK ||
      authenticate(words[4], words[5]) != SSH_AUTH_SUCCESS) {
    fail();
    return;
  }
  sftp = sftp_new(session);
  report(sftp == NULL ? -1 : sftp_init(sftp));
}

// Copies a local file to a remote one from `at` on.
static void send_file(const char *local, const char *remote, int flags, int resumes) {
  char block[BLOCK];
  ssize_t count;
  int source = open(local, O_RDONLY);
  sftp_file target;
  if (source < 0) {
    report_local();
    return;
  }
  target = sftp_open(sftp, remote, flags, 0644);
  if (target == NULL) {
    fail();
  } else {
    int failed = 0;
    if (resumes) {
      sftp_attributes found = sftp_fstat(target);
      failed = found == NULL || sftp_seek64(target, found->size) < 0;
      if (!failed) lseek(source, (off_t)found->size, SEEK_SET);
      sftp_attributes_free(found);
    }
    while (!failed && (count = read(source, block, sizeof block)) > 0) {
      failed = sftp_write(target, block, (size_t)count) != count;
    }
    if (sftp_close(target) != SSH_NO_ERROR) failed = 1;
    report(failed);
  }
  close(source);
}

static void receive_file(const char *remote, const char *local, int flags) {
  char block[BLOCK];
  ssize_t count = 0;
  sftp_file source = sftp_open(sftp, remote, O_RDONLY, 0);
  int target;
  if (source == NULL) {
    fail();
    return;
  }
  target = open(local, flags, 0644);
  if (target < 0) {
    report_local();
  } else {
    sftp_seek64(source, (uint64_t)lseek(target, 0, SEEK_END));
    while ((count = sftp_read(source, block, sizeof block)) > 0) {
      if (write(target, block, (size_t)count) != count) break;
    }
    close(target);
    report(count == 0 ? 0 : -1);
  }
  sftp_close(source);
}

static void list(const char *folder) {
  sftp_dir dir = sftp_opendir(sftp, folder);
  sftp_attributes entry;
  if (dir == NULL) {
    fail();
    return;
  }
  printf("ok");
  while ((entry = sftp_readdir(sftp, dir)) != NULL) {
    if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0) {
      printf(" %%%02x", entry->type == SSH_FILEXFER_TYPE_DIRECTORY ? 'd' : 'f');
      for (const char *at = entry->name; *at != '\0'; at++) printf("%%%02x", (unsigned char)*at);
    }
    sftp_attributes_free(entry);
  }
  sftp_closedir(dir);
}

static int delete_tree(const char *folder) {
  char path[MAX_PATH];
  sftp_dir dir = sftp_opendir(sftp, folder);
  sftp_attributes entry;
  int failed = dir == NULL;
  while (!failed && (entry = sftp_readdir(sftp, dir)) != NULL) {
    if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0) {
      snprintf(path, sizeof path, "%s/%s", folder, entry->name);
      failed = entry->type == SSH_FILEXFER_TYPE_DIRECTORY ? delete_tree(path) : sftp_unlink(sftp, path);
    }
    sftp_attributes_free(entry);
  }
  if (dir != NULL) sftp_closedir(dir);
  return failed || sftp_rmdir(sftp, folder) < 0;
}

static void facts(const char *path) {
  char number[32];
  sftp_statvfs_t space = sftp_statvfs(sftp, "/");
  sftp_attributes found = sftp_stat(sftp, path);
  char *target = sftp_readlink(sftp, path);
  char *whole = sftp_canonicalize_path(sftp, path);
  if (space == NULL || found == NULL || target == NULL || whole == NULL) {
    fail();
  } else {
    printf("ok");
    snprintf(number, sizeof number, "%llu", (unsigned long long)found->size);
    say(number);
    say(space->f_blocks > 0 ? "true" : "false");
    say(target);
    say(whole);
  }
  sftp_statvfs_free(space);
  sftp_attributes_free(found);
  ssh_string_free_char(target);
  ssh_string_free_char(whole);
}

// Reads with sixteen requests under way and takes the answers in order, as sftp_async_read does it.
static void download_async(const char *remote, const char *local) {
  enum { UNDER_WAY = 16 };
  char block[BLOCK];
  uint32_t ids[UNDER_WAY];
  int first = 0;
  int count = 0;
  FILE *target = fopen(local, "wb");
  sftp_file source = sftp_open(sftp, remote, O_RDONLY, 0);
  if (target == NULL || source == NULL) {
    fail();
    return;
  }
  for (; first < UNDER_WAY; first++) ids[first] = (uint32_t)sftp_async_read_begin(source, sizeof block);
  for (first = 0;; first = (first + 1) % UNDER_WAY) {
    count = sftp_async_read(source, block, sizeof block, ids[first]);
    if (count <= 0) break;
    fwrite(block, 1, (size_t)count, target);
    ids[first] = (uint32_t)sftp_async_read_begin(source, sizeof block);
  }
  fclose(target);
  sftp_close(source);
  report(count == 0 ? 0 : -1);
}

static void answer(void) {
  const char *verb = words[0];
  if (strcmp(verb, "version") == 0) {
    printf("ok");
    say("libssh " SSH_STRINGIFY(LIBSSH_VERSION));
  } else if (strcmp(verb, "connect") == 0) connect_session();
  else if (strcmp(verb, "upload") == 0) send_file(words[1], words[2], O_WRONLY | O_CREAT | O_TRUNC, 0);
  else if (strcmp(verb, "resume-upload") == 0) send_file(words[1], words[2], O_WRONLY, 1);
  else if (strcmp(verb, "download") == 0) receive_file(words[1], words[2], O_WRONLY | O_CREAT | O_TRUNC);
  else if (strcmp(verb, "resume-download") == 0) receive_file(words[1], words[2], O_WRONLY);
  else if (strcmp(verb, "download-async") == 0) download_async(words[1], words[2]);
  else if (strcmp(verb, "list") == 0) list(words[1]);
  else if (strcmp(verb, "delete") == 0) report(sftp_unlink(sftp, words[1]));
  else if (strcmp(verb, "delete-tree") == 0) report(delete_tree(words[1]));
  else if (strcmp(verb, "rename") == 0) report(sftp_rename(sftp, words[1], words[2]));
  else if (strcmp(verb, "mkdir") == 0) report(sftp_mkdir(sftp, words[1], 0755));
  else if (strcmp(verb, "chmod") == 0) report(sftp_chmod(sftp, words[1], (mode_t)strtoul(words[2], NULL, 8)));
  else if (strcmp(verb, "link") == 0) report(sftp_symlink(sftp, words[1], words[2]));
  else if (strcmp(verb, "facts") == 0) facts(words[1]);
  else printf("error %s", verb);
}

// Decodes the percent-encoded words of a line in place.
static void split(char *line) {
  static char *found[MAX_WORDS];
  int count = 0;
  line[strcspn(line, "\n")] = '\0';
  for (char *word = strtok(line, " "); word != NULL && count < MAX_WORDS; word = strtok(NULL, " ")) {
    char *to = word;
    found[count++] = word;
    for (const char *from = word; *from != '\0'; to++) {
      if (*from == '%') {
        char digits[3] = {from[1], from[2], '\0'};
        *to = (char)strtoul(digits, NULL, 16);
        from += 3;
      } else *to = *from++;
    }
    *to = '\0';
  }
  words = found;
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    split(line);
    answer();
    putchar('\n');
    fflush(stdout);
  }
  return 0;
}
