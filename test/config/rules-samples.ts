// A file of rules for tests.

/** Says something in every way that the file has. */
export const FULL = `
roles:
  intake:
    rules:
      - { path: /, allow: [list] }
      - { path: '/inbox/{user}', allow: [upload, create_dirs], deny: [delete_files] }
    names: { allowed: ['*.pdf'], denied: ['*.exe'], hidden: ['.git', 'Thumbs.db'] }
    login: [[publickey, totp], password+totp]
  strict: { login: publickey }
groups:
  design: { members: [alice, bob], roles: [editor] }
folders:
  design:
    quota: 10G
    files: 10000
    grants: [{ role: editor, groups: [design] }, { role: viewer, users: [carol, '*'] }]
  plans: { at: /plans }
users:
  '*': { max-sessions: 10, files: 7, quota: 1G }
  alice:
    roles: [owner, strict]
    quota: 5G
    max-sessions: none
    max-upload-size: 1G
    upload-speed: 10M
    download-speed: 2048
    networks: [192.0.2.0/24, '2001:db8::/32']
    methods: [publickey]
    expires: 2027-01-31T18:00Z
    login-hours: ['mon-wed,sun 08:00-18:00', '22:00-06:00', 'Fri-Sun 00:00-24:00']
  bob:
passwords: { min-length: 10, breached-list: known.txt, max-age: 90d }
`;
