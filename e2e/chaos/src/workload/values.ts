const MEMBERS = ['username', 'password', 'host'] as const

/** Members of every document in KMS. */
export type Member = (typeof MEMBERS)[number]

/** A secret that does not exist in KMS. */
export const ABSENT_SECRET = 'absent'

/** A value that contains its origin: `s3#17.password` is of the 17th version of secret s3. */
export function memberOf(secret: string, version: number, member: Member): string {
  return `${secret}#${version}.${member}`
}

/** Value in KMS of one version of a secret. */
export function documentOf(secret: string, version: number): string {
  return JSON.stringify(Object.fromEntries(MEMBERS.map((member) => [member, memberOf(secret, version, member)])))
}

/** Versions of the secrets in a value; empty for a foreign value. */
export function versionsIn(value: string): { readonly secret: string; readonly version: number }[] {
  return [...value.matchAll(/(s\d+)#(\d+)\.[a-z]+/g)].map(([, secret = '', version]) => ({
    secret,
    version: Number(version),
  }))
}

/** Name in KMS. */
export function kmsNameOf(secret: string): string {
  return `app/${secret}`
}
