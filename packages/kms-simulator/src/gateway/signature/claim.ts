/** The claim of a signed request about its sender, with either signature method. */
export interface SignatureClaim {
  readonly accessKeyId: string
  readonly securityToken: string | undefined
  /** ISO 8601 in UTC, to the second. */
  readonly date: string
  readonly nonce: string
  readonly signature: string
  readonly stringToSign: string
  /** The expected signature for `secret`. */
  sign(secret: string): string
}
