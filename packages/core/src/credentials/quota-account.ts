const UNKNOWN = 'unknown'

/**
 * Name under which the calls of an identity count until STS has named its account. It holds no AccessKey id, because a text
 * that is configured as one may be a secret in the wrong place.
 * @param fingerprint of the identity
 */
export function unknownAccount(fingerprint: string): string {
  return `${UNKNOWN} ${fingerprint}`
}

/** An account as metrics show it: `unknown` for every {@link unknownAccount}. */
export function accountLabel(account: string): string {
  return account.startsWith(`${UNKNOWN} `) ? UNKNOWN : account
}
