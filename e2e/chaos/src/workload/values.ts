const MEMBERS = ['username', 'password', 'host'] as const

/** Members of every document at KMS. */
export type Member = (typeof MEMBERS)[number]

/** A secret that is not at KMS. */
export const ABSENT_SECRET = 'absent'

/** A value that says whose it is and how old: `s3#17.password` is of the 17th version of secret s3. */
export function memberOf(secret: string, version: number, member: Member): string {
  return `${secret}#${version}.${member}`
}

/** What KMS holds in one version of a secret. */
export function documentOf(secret: string, version: number): string {
  return JSON.stringify(Object.fromEntries(MEMBERS.map((member) => [member, memberOf(secret, version, member)])))
}

/** Versions of secrets that a value was made of; nothing where it is none of ours. */
export function versionsIn(value: string): { readonly secret: string; readonly version: number }[] {
  return [...value.matchAll(/(s\d+)#(\d+)\.[a-z]+/g)].map(([, secret = '', version]) => ({
    secret,
    version: Number(version),
  }))
}

/** Name at KMS. */
export function kmsNameOf(secret: string): string {
  return `app/${secret}`
}
