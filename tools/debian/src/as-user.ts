/** Id of a user that owns no file. */
const UNPRIVILEGED = 65_534

/** Who runs a server that refuses to run as root: this user, or one without rights if this user is root. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : undefined
}
