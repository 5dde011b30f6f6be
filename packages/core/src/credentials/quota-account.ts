const UNKNOWN = 'unknown'

/**
 * Quota account of an identity until STS has named its account. It does not contain the AccessKey id, because a user may
 * have configured a secret as the id.
 * @param fingerprint of the identity
 */
export function unknownAccount(fingerprint: string): string {
  return `${UNKNOWN} ${fingerprint}`
}

/** Account label of metrics: `unknown` for every {@link unknownAccount}. */
export function accountLabel(account: string): string {
  return account.startsWith(`${UNKNOWN} `) ? UNKNOWN : account
}
