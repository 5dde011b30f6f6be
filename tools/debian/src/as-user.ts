/** User that owns nothing. */
const NOBODY = 65_534

/** Who runs a server that refuses to run as root: this user, or one without rights if this user is root. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
}
